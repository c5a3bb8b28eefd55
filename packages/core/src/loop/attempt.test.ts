import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { AgentError } from '../contract/errors.ts'
import { failureOf, soon, tick } from '../testing/runs.ts'
import { type Answer, modelOf, overloaded, replyEvent, scriptedModel } from '../testing/scripted-model.ts'
import { never, testTool } from '../testing/test-tool.ts'

test('an empty delta does not count as text, so the reply may be requested again', async () => {
  const model = scriptedModel([{ text: '', error: overloaded() }, { text: 'ok' }])
  await expect(new Agent({ model }).stream('go').result).resolves.toMatchObject({ text: 'ok' })
})

test('an empty reply is one of the three requests of its step', async () => {
  const model = scriptedModel([{ error: overloaded() }, { error: overloaded() }, {}, { text: 'ok' }])
  expect(await failureOf(new Agent({ model }).generate('go'))).toMatchObject({ code: 'empty-reply', attempts: 3 })
  expect(model.requests).toHaveLength(3)
})

test('a stream that ends without a reply is truncated, and requested again', async () => {
  let requests = 0
  const model = modelOf(async function* () {
    yield [{ type: 'reasoning-delta', delta: 'hm' }]
    if (++requests === 2) yield [replyEvent('ok')]
  })
  const run = new Agent({ model }).stream('go')
  const codes: string[] = []
  run.on('step-retry', ({ error }) => codes.push(error.code))

  await expect(run.result).resolves.toMatchObject({ text: 'ok' })
  expect(codes).toEqual(['stream-truncated'])
})

test('a model that fails to stop after its reply has answered', async () => {
  const model = modelOf(() => {
    const next = async () => ({ value: [replyEvent('whole')], done: false })
    const stop = (): never => {
      throw new Error('It cannot stop.')
    }
    return { [Symbol.asyncIterator]: () => ({ next, return: stop }) }
  })
  await expect(soon(new Agent({ model }).generate('go'))).resolves.toMatchObject({ text: 'whole' })
})

test('a model that never ends after its reply has answered', async () => {
  const model = modelOf(() => {
    const next = async () => ({ value: [replyEvent('whole')], done: false })
    return { [Symbol.asyncIterator]: () => ({ next, return: never }) }
  })
  await expect(soon(new Agent({ model }).generate('go'))).resolves.toMatchObject({ status: 'finished', text: 'whole' })
})

test('what a model sends after its reply is ignored', async () => {
  const model = modelOf(async function* () {
    yield [replyEvent('one'), { type: 'text-delta', delta: 'more' }]
    yield [replyEvent('two')]
  })
  const run = new Agent({ model }).stream('go')
  const heard: string[] = []
  run.on('text-delta', ({ delta }) => heard.push(delta))

  await expect(run.result).resolves.toMatchObject({ text: 'one' })
  expect(heard).toEqual([])
})

test('a model that ignores the signal is not read on after an abort', async () => {
  let taken = 0
  const model = modelOf(async function* () {
    for (; taken < 100; taken++) {
      await tick()
      yield [{ type: 'text-delta', delta: 'x' }]
    }
  })
  const run = new Agent({ model }).stream('go')
  run.on('text-delta', () => run.abort())
  await failureOf(run.result)
  for (let count = 0; count < 20; count++) await tick()

  expect(taken).toBeLessThan(5)
})

/** Goes on `lag` microtasks after its signal aborted, for long. */
function lateModel(lag: number) {
  return modelOf((_, { signal }) => {
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    let count = 0
    const next = async () => {
      if (count++ > 0) await aborted
      for (let turn = 0; turn < lag; turn++) await undefined
      return count < 50 ? { value: [{ type: 'text-delta' as const, delta: 'x' }], done: false as const } : { value: undefined, done: true as const }
    }
    return { [Symbol.asyncIterator]: () => ({ next }) }
  })
}

test('deltas that a model sends after the time limit are not emitted after run-end', async () => {
  for (let lag = 0; lag < 15; lag++) {
    const run = new Agent({ model: lateModel(lag), limits: { durationMs: 1 } }).stream('go')
    const types: string[] = []
    for (const type of ['text-delta', 'run-end'] as const) run.on(type, (event) => types.push(event.type))
    await run.result
    await tick()
    expect([lag, types.at(-1)]).toEqual([lag, 'run-end'])
  }
})

test('stream-interrupted keeps what is known of the failure behind it', async () => {
  const known = { status: 200, requestId: 'req_1', providerMessage: 'bye', usage: { totalTokens: 9 } }
  const error = new AgentError('reset', { code: 'network-reset', phase: 'stream', retryable: true, ...known })
  const thrown = await failureOf(new Agent({ model: scriptedModel([{ text: 'a', error }]) }).stream('go').result)

  expect(thrown).toMatchObject({ code: 'stream-interrupted', ...known })
})

test('if a model throws something other than an AgentError, it is a defect with the thrown value as cause', async () => {
  const defect = new TypeError('x is undefined')
  const model = modelOf(() => {
    throw defect
  })
  const error = await failureOf(new Agent({ model }).generate('go'))

  expect([error.code, error.cause]).toEqual(['internal', defect])
})

test.each<[string, string, Answer]>([
  ['an output limit that was reached', 'truncated', { text: 'Half an ans', atOutputLimit: true }],
  ['the finish reason length', 'truncated', { text: 'Half an ans', finishReason: 'length' }],
  ['a finish reason that nobody knows', 'unknown-ending', { text: 'A whole answer.', finishReason: 'other' }],
])('text with %s ends the run as %s', async (_, stopReason, answer) => {
  await expect(new Agent({ model: scriptedModel([answer]) }).generate('go')).resolves.toMatchObject({ stopReason, text: answer.text })
})

test('a text that announces tool calls but has none is requested again', async () => {
  const announced: Answer = { text: 'Let me look.', finishReason: 'tool-calls' }
  const model = scriptedModel([announced, { text: 'ok' }])
  await expect(new Agent({ model, tools: [testTool('look')] }).generate('go')).resolves.toMatchObject({ text: 'ok' })
  expect(model.requests).toHaveLength(2)
})
