import { afterEach, expect, test, vi } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { countingModel } from '../testing/counting-model.ts'
import { readerAgent, readerModel, readTool } from '../testing/reader.ts'
import { call } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** Reads until its page 12 takes so many milliseconds. */
function pausing(ms: number) {
  return testTool('read', (input) => {
    const text = `${JSON.stringify(input)} ${'lorem '.repeat(400)}`
    if (JSON.stringify(input).includes('12')) vi.setSystemTime(Date.now() + ms)
    return text
  })
}

test.each([
  [300_001, 'cold'],
  [299_000, undefined],
  [-400_000, undefined],
])('after a tool that took %i ms and a cache lifetime of 5 minutes the next request is %s', async (ms, reason) => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const model = readerModel(14, undefined, { cacheLifetimeMs: 300_000, prices: { currency: 'USD', input: 100, cachedInput: 0, output: 1 } })
  const { edits } = await readerAgent({ model, tools: [pausing(ms)] }).generate('go')
  expect(edits.map((edit) => [edit.step, edit.reason])).toEqual(reason === undefined ? [] : [[13, reason]])
})

test('a request that would not fit the window is cleared first', async () => {
  const model = readerModel(60, undefined, {
    contextWindow: 30_000,
    maxOutputTokens: 1_000,
    prices: { currency: 'USD', input: 100, cachedInput: 0, output: 1 },
  })
  const { edits, stopReason } = await readerAgent({ model, history: { summariseAt: false } }).generate('go')
  expect(stopReason).toBe('finished')
  expect(edits[0]).toMatchObject({ kind: 'clear', reason: 'window' })
  for (const { tokensAfter } of edits) expect(tokensAfter).toBeLessThanOrEqual(29_000)
})

test('where clearing is not enough for the window, the list of calls takes the place of old steps, without a request', async () => {
  const model = readerModel(100, undefined, { contextWindow: 24_000, maxOutputTokens: 500 })
  const { edits, stopReason, steps } = await readerAgent({ model, history: { clear: false, summariseAt: false, keepSteps: 3 } }).generate('go')
  expect(stopReason).toBe('finished')
  expect(steps).toHaveLength(101)
  expect(model.requests).toHaveLength(101)
  expect(edits.length).toBeGreaterThan(1)
  for (const edit of edits) expect(edit).toMatchObject({ kind: 'summary', reason: 'window', source: 'ledger' })
})

test('results that `keep` names, and those of a pinned tool, are never cleared and follow a summary verbatim', async () => {
  const plan = testTool('plan', () => `The plan. ${'- a line\n'.repeat(100)}`, { pinned: true })
  let done = 0
  const model = countingModel(
    ({ messages }) => {
      if (String(messages.at(-1)?.content).includes('Write a summary now')) return { text: 'A summary.' }
      done++
      if (done === 1) return { calls: [call('plan', { todo: ['open: call Ada'] })] }
      return done > 30 ? { text: 'done' } : { calls: [call('read', { page: done })] }
    },
    { prices: { currency: 'USD', input: 10, cachedInput: 5, output: 10 } },
  )
  const asked: string[] = []
  const agent = new Agent({
    model,
    tools: [plan, readTool],
    limits: { steps: 100 },
    history: {
      summariseAt: 6_000,
      keep: ({ text, toolName }) => {
        asked.push(toolName)
        return text.startsWith('{"page":3}')
      },
    },
  })
  const { edits, messages, steps } = await agent.generate('go')
  expect(asked).toEqual(steps.flatMap(({ toolResults: [result] }) => (result === undefined || result.toolName === 'plan' ? [] : [result.toolName])))
  expect(new Set(edits.map(({ kind }) => kind))).toEqual(new Set(['clear', 'summary']))
  const summary = messages.find((message) => message.role === 'user' && message.summary !== undefined)
  expect(summary?.content).toContain('{"todo":["open: call Ada"]}:\nThe plan. - a line')
  expect(summary?.content).toContain('{"page":3} lorem lorem')
  expect(summary?.content).not.toContain('{"page":4} lorem lorem')
})

test('a `keep` that throws keeps the result, and is a warning', async () => {
  const keep = (): boolean => {
    throw new Error('broken')
  }
  const { edits, warnings } = await readerAgent({ model: readerModel(30), history: { keep, summariseAt: false } }).generate('go')
  expect(edits).toEqual([])
  expect(warnings).toMatchObject([{ code: 'history-keep-threw' }])
})

test('the cost of summaries counts towards the limits, and without room for one the list takes its place', async () => {
  const model = readerModel(200)
  const { edits, stopReason, usage } = await readerAgent({
    model,
    history: { clear: false, summariseAt: 9_000 },
    limits: { steps: 1_000, toolCalls: 1_000, tokens: 300_000 },
  }).generate('go')
  expect(stopReason).toBe('max-tokens')
  expect(usage.totalTokens).toBeLessThanOrEqual(300_000)
  expect(usage.totalTokens).toBeGreaterThan(280_000)
  expect(edits.some((edit) => edit.kind === 'summary' && edit.source === 'model')).toBe(true)
})

test.each([
  [{ clear: 'always' }, /history\.clear must be/],
  [{ summarizeAt: 5 }, /history\.summarizeAt.*history\.summariseAt/],
  [{ summariseAt: 0 }, /history\.summariseAt must be a positive integer/],
  [{ keepSteps: 1.5 }, /history\.keepSteps must be a positive integer/],
  [{ keep: true }, /history\.keep must be a function/],
  [{ summary: { maxTokens: 5 } }, /history\.summary\.maxTokens.*maxOutputTokens/],
  [{ summary: { instruction: ' ' } }, /history\.summary\.instruction must be a text/],
  [true, /`history` must be an object/],
] as const)('the history %j is refused', (history, message) => {
  // biome-ignore lint/suspicious/noExplicitAny: what callers without types may give.
  expect(() => readerAgent({ model: readerModel(1), history: history as any })).toThrow(message)
})

test('read_result shows a cleared result; in a later run, which has only what was sent, it says that the result is not kept', async () => {
  const texts: string[] = []
  const read = (id: string) => ({ calls: [call('read_result', { id })] })
  const model = countingModel(({ messages }, number) => {
    const last = messages.at(-1)
    if (last?.role === 'tool' && last.content[0].toolName === 'read_result') {
      texts.push(last.content[0].text)
      return { text: 'done' }
    }
    return number <= 30 ? { calls: [call('read', { page: number })] } : read('r1.0')
  })
  const agent = new Agent({ model, tools: [readTool], limits: { steps: 100 }, history: { summariseAt: false } })
  const first = await agent.generate('go')
  expect(first.edits[0]).toMatchObject({ kind: 'clear', results: expect.arrayContaining(['r1.0']) })
  await agent.generate([...first.messages, { role: 'user', content: 'again' }])
  expect(texts[0]).toContain('{"page":1} lorem')
  expect(texts[1]).toContain('not kept here')
})
