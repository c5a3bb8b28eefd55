import { expect, test } from 'vitest'
import type { Message } from '../contract/messages.ts'
import { readerAgent, readerModel } from '../testing/reader.ts'
import { collect } from '../testing/runs.ts'
import type { Answer } from '../testing/scripted-model.ts'
import { findProblem } from '../transcripts/check.ts'

function firstChange(before: readonly Message[], after: readonly Message[]): number {
  return after.findIndex((message, index) => JSON.stringify(message) !== JSON.stringify(before[index]))
}

test('old results are cleared once reading them in vain has cost as much as reading the rest again', async () => {
  const model = readerModel(40)
  const run = readerAgent({ model, history: { summariseAt: false } }).stream('go')
  const events = await collect(run)
  const result = await run.result

  expect(result.edits.length).toBeGreaterThan(1)
  expect(events.flatMap((event) => (event.type === 'history-edit' ? [event.edit] : []))).toEqual(result.edits)
  for (const edit of result.edits) {
    expect(edit).toMatchObject({ kind: 'clear', reason: 'rule' })
    expect(edit.tokensAfter).toBeLessThan(edit.tokensBefore)
    const [before, after] = [model.requests[edit.step - 2], model.requests[edit.step - 1]]
    const changed = firstChange(before?.messages ?? [], after?.messages ?? [])
    expect(after?.messages[changed]).toMatchObject({
      role: 'tool',
      content: [{ text: expect.stringMatching(/^\[r\d+\.0: 2,4\d\d characters, cleared\. read_result shows it\.\]$/) }],
    })
  }
  expect(model.requests.map(({ messages }) => findProblem(messages))).toEqual(model.requests.map(() => undefined))
})

test('sizes of edits are what the provider counts', async () => {
  const model = readerModel(40)
  const { edits, steps } = await readerAgent({ model, history: { summariseAt: false } }).generate('go')
  for (const { step, tokensAfter } of edits) {
    const counted = steps[step - 1]?.usage.inputTokens ?? 0
    expect(Math.abs(tokensAfter - counted) / counted).toBeLessThan(0.06)
  }
})

test('the last steps are never changed, and steps and reasoning stay complete', async () => {
  const model = readerModel(40)
  const { steps, messages } = await readerAgent({ model, history: { summariseAt: false, keepSteps: 3 } }).generate('go')
  for (const { messages: sent } of model.requests) {
    const results = sent.filter(({ role }) => role === 'tool').slice(-3)
    expect(results.every(({ content }) => JSON.stringify(content).includes('lorem'))).toBe(true)
  }
  expect(steps.slice(0, -1).every(({ toolResults: [result] }) => result?.text.includes('lorem'))).toBe(true)
  expect(messages.filter(({ role }) => role === 'assistant')).toEqual(steps.map(({ message }) => message))
  expect(JSON.stringify(messages).length).toBeLessThan(JSON.stringify(steps).length / 2)
})

test('`history: false` sends everything', async () => {
  const model = readerModel(40)
  const { edits, messages, steps } = await readerAgent({ model, history: false }).generate('go')
  expect(edits).toEqual([])
  expect(messages.filter(({ role }) => role === 'tool').map(({ content }) => content[0])).toEqual(steps.flatMap(({ toolResults }) => toolResults))
})

test('steps are replaced by a summary that is asked for with the same prefix', async () => {
  const model = readerModel(30)
  const { edits, messages, steps, usage } = await readerAgent({
    model,
    toolChoice: 'required',
    instructions: 'Read.',
    history: { clear: false, summariseAt: 9_000, summary: { maxOutputTokens: 700 } },
  }).generate('go')
  const [first] = edits
  expect(first).toMatchObject({ kind: 'summary', reason: 'size', source: 'model' })
  expect(edits.length).toBeGreaterThan(1)

  const index = model.requests.findIndex(({ settings }) => settings?.maxOutputTokens === 700)
  const [before, asked, after] = model.requests.slice(index - 1)
  expect(asked?.messages.slice(0, before?.messages.length)).toEqual(before?.messages)
  expect(asked).toMatchObject({ instructions: 'Read.', tools: before?.tools, toolChoice: 'auto' })
  expect(after?.messages.length).toBeLessThan(asked?.messages.length ?? 0)
  expect(after?.messages.slice(0, 2)).toMatchObject([{ content: 'go' }, { role: 'user', summary: { text: 'A summary.' } }])
  expect(after?.messages.slice(2)).toEqual(asked?.messages.slice(-11, -1))

  expect(messages.filter((message) => message.role === 'user' && message.summary !== undefined)).toHaveLength(1)
  expect(steps).toHaveLength(31)
  expect(steps.reduce((total, step) => total + (step.usage.totalTokens ?? 0), 0)).toBe(usage.totalTokens)
})

test.each<[string, (round: number) => Answer]>([
  ['is empty', () => ({ text: ' ' })],
  ['is cut', () => ({ text: 'A sum', finishReason: 'length' })],
  ['is not smaller', () => ({ text: 'la '.repeat(20_000) })],
])('a summary that %s is asked for once more, and then the list of calls takes its place', async (_, answer) => {
  const rounds: number[] = []
  const model = readerModel(30, (round) => {
    rounds.push(round)
    return answer(round)
  })
  const { edits, stopReason } = await readerAgent({ model, history: { clear: false, summariseAt: 9_000 } }).generate('go')
  expect(stopReason).toBe('finished')
  expect(edits.map((edit) => (edit.kind === 'summary' ? edit.source : edit.kind))).toEqual(edits.map(() => 'ledger'))
  expect(rounds).toHaveLength(edits.length * 2)
})
