import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { failureOf } from '../testing/runs.ts'
import { overloaded, scriptedModel } from '../testing/scripted-model.ts'

async function read(parts: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const part of parts) all.push(part)
  return all
}

test('leaving the text while the model is silent aborts the run', async () => {
  const run = new Agent({ model: scriptedModel([{ text: 'a', hangs: true }]) }).stream('go')
  const text = run.textStream[Symbol.asyncIterator]()
  await text.next()
  const waiting = text.next()
  await text.return?.()

  expect(await failureOf(run.result)).toMatchObject({ code: 'aborted' })
  expect(await waiting).toEqual({ value: undefined, done: true })
})

test('destroying a Node stream of the text aborts the run', async () => {
  const run = new Agent({ model: scriptedModel([{ text: 'a', hangs: true }]) }).stream('go')
  const readable = Readable.from(run.textStream)
  readable.on('data', () => setImmediate(() => readable.destroy()))

  expect(await failureOf(run.result)).toMatchObject({ code: 'aborted' })
})

test('where a broken answer may start again, its text is not handed out', async () => {
  const model = scriptedModel([{ text: 'The answer is 4', error: overloaded() }, { text: 'It is 42' }])
  const run = new Agent({ model }).stream('go', { retryAfterText: 'restart' })
  expect(await read(run.textStream)).toEqual(['It is 42'])
})

test('text that was handed out is followed by what broke', async () => {
  const run = new Agent({ model: scriptedModel([{ text: 'The', error: overloaded() }]) }).stream('go')
  const text = run.textStream[Symbol.asyncIterator]()

  expect(await text.next()).toEqual({ value: 'The', done: false })
  expect(await failureOf(text.next())).toMatchObject({ code: 'stream-interrupted' })
})
