import { describe, expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import type { AgentOptions } from '../agent/agent-options.ts'
import { AgentError, type ContextOverflow } from '../contract/errors.ts'
import type { Message } from '../contract/messages.ts'
import type { ModelRequest, ModelTraits } from '../contract/model.ts'
import { type CountingModel, countingModel, tokensOf } from '../testing/counting-model.ts'
import { collect } from '../testing/runs.ts'
import { type Answer, call } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'
import { findProblem } from '../transcripts/check.ts'

/** Characters of the result of each step. */
const resultCharacters = 4_000
const read = testTool('read', (input) => `${JSON.stringify(input)} ${'lorem ipsum '.repeat(resultCharacters / 12)}`)

interface Window {
  readonly tokens: number
  /** The output limit of the model's settings, which counts towards the window. */
  readonly output?: number
  /** Which sizes a refusal names. */
  readonly names?: (overflow: Required<ContextOverflow>) => ContextOverflow
}

function promptTokens({ instructions, tools, messages }: ModelRequest): number {
  return tokensOf([instructions, tools, messages])
}

/** Reads a file in each step, at an endpoint with a context window. */
function reader(steps: number, window: Window, traits: Partial<ModelTraits> = {}): CountingModel {
  const { tokens, output = 0, names = (all) => all } = window
  let done = 0
  const answer = (request: ModelRequest): Answer => {
    const prompt = promptTokens(request)
    const asked = Math.min(output, request.maxOutputTokens ?? output)
    if (prompt + asked > tokens) return refusal(names(sizesOf(prompt, asked, tokens)))
    const last = request.messages.at(-1)
    if (last?.role === 'user' && String(last.content).includes('Write a summary now')) return { text: 'A summary.' }
    return ++done > steps ? { text: 'The end.' } : { text: `Step ${done}.`, calls: [call('read', { file: `f${done}` }, `id${done}`)] }
  }
  return countingModel(answer, traits)
}

function sizesOf(prompt: number, asked: number, window: number): Required<ContextOverflow> {
  const room = window - prompt
  const sizes = { windowTokens: window, promptTokens: prompt, outputTokens: asked, requestedTokens: prompt + asked }
  return { ...sizes, ...(room >= 256 && room < asked && { roomTokens: room }) } as Required<ContextOverflow>
}

function refusal(overflow: ContextOverflow): Answer {
  return { error: new AgentError('Too long for the window.', { code: 'context-overflow', phase: 'headers', status: 400, overflow }) }
}

function agentOf(options: Partial<AgentOptions> & Pick<AgentOptions, 'model'>): Agent {
  return new Agent({ tools: [read], limits: { steps: 1_000, toolCalls: 1_000 }, ...options })
}

/** Why each request was sent. */
async function attemptsOf(agent: Agent) {
  const run = agent.stream('go')
  const events = await collect(run)
  const attempts = events.flatMap((event) => (event.type === 'attempt' ? [event.reason] : []))
  return { result: await run.result, events, attempts: attempts.filter((reason) => reason !== 'first') }
}

const hidden = () => ({})

describe('a request that exceeds the context window', () => {
  test('is sent again with a lower output limit, which holds until the history is shortened', async () => {
    const model = reader(20, { tokens: 12_000, output: 3_000 }, { maxOutputTokens: 3_000 })
    const { result, attempts } = await attemptsOf(agentOf({ model, history: { clear: false, summariseAt: false } }))
    expect(result.stopReason).toBe('finished')
    expect(attempts[0]).toBe('overflow')

    const limits = model.requests.map(({ maxOutputTokens }) => maxOutputTokens)
    const first = limits.findIndex((limit) => limit !== undefined)
    // The refused request, and the same one with the room that is left.
    expect(model.requests[first]?.messages).toEqual(model.requests[first - 1]?.messages)
    expect(limits[first]).toBe(12_000 - promptTokens(model.requests[first] as ModelRequest))
    // The window is known now: the next request is shortened before it is sent, and asks for the full output again.
    expect(limits.slice(first + 1)).toEqual(limits.slice(first + 1).map(() => undefined))
    expect(result.edits[0]).toMatchObject({ kind: 'summary', source: 'ledger', reason: 'window' })
    expect(attempts.filter((reason) => reason === 'overflow')).toHaveLength(1)
  })

  test('without a way to shorten the history, a lower limit is kept as long as there is room', async () => {
    const model = reader(50, { tokens: 12_000, output: 4_000 })
    const { result, attempts } = await attemptsOf(agentOf({ model, history: false }))
    expect(result).toMatchObject({ status: 'limit', stopReason: 'context-overflow', edits: [] })
    expect(attempts.length).toBeGreaterThan(2)
    expect(new Set(attempts)).toEqual(new Set(['overflow']))
    expect(result.steps.length).toBeGreaterThan(8)
  })

  test('has its old results cleared, where the endpoint names no size', async () => {
    const model = reader(30, { tokens: 12_000, names: hidden })
    const { result, events } = await attemptsOf(agentOf({ model, history: { clear: 'window', summariseAt: false } }))
    expect(result.stopReason).toBe('finished')
    expect(result.edits.length).toBeGreaterThan(1)
    expect(result.edits.every(({ kind, reason }) => kind === 'clear' && reason === 'overflow')).toBe(true)
    expect(events.flatMap((event) => (event.type === 'history-edit' ? [event.edit] : []))).toEqual(result.edits)
  })

  test('has its old steps summarised, where clearing is not enough', async () => {
    const model = reader(30, { tokens: 8_000, names: hidden })
    const { result } = await attemptsOf(agentOf({ model, history: { clear: false, summariseAt: false, keepSteps: 3 } }))
    expect(result.stopReason).toBe('finished')
    // The request for a summary is too long itself: the list of calls takes its place.
    expect(result.edits[0]).toMatchObject({ kind: 'summary', source: 'ledger', reason: 'overflow' })
  })

  test('keeps only its last step, where nothing else is enough', async () => {
    const model = reader(12, { tokens: 2_900, names: hidden })
    const { result } = await attemptsOf(agentOf({ model, history: { clear: false, summariseAt: false, keepSteps: 5 } }))
    expect(result.stopReason).toBe('finished')
    expect(result.edits.some(({ kind }) => kind === 'summary')).toBe(true)
    expect(result.steps).toHaveLength(13)
  })

  test('teaches the run the window: later requests are shortened before they are sent', async () => {
    const model = reader(40, { tokens: 12_000 }, { contextWindow: 1_000_000 })
    const { result, attempts } = await attemptsOf(agentOf({ model, history: { clear: 'window' } }))
    expect(result.stopReason).toBe('finished')
    expect(attempts.filter((reason) => reason === 'overflow')).toHaveLength(1)
    expect(result.edits.length).toBeGreaterThan(2)
    expect(result.edits.slice(1).map(({ reason }) => reason)).not.toContain('overflow')
  })

  test('is never sent in a form that a provider would refuse', async () => {
    const model = reader(30, { tokens: 9_000, output: 1_000, names: hidden })
    await attemptsOf(agentOf({ model }))
    expect(model.requests.map(({ messages }) => findProblem(messages))).toEqual(model.requests.map(() => undefined))
  })
})

test('a refused request costs nothing, so no budget is charged for it', async () => {
  const model = reader(30, { tokens: 8_000, output: 1_000 }, { prices: { currency: 'USD', input: 1_000_000, output: 1_000_000 } })
  const { result, attempts } = await attemptsOf(agentOf({ model, history: { clear: 'window' } }))
  expect(attempts).toContain('overflow')
  expect(result.usage.unknownAttempts).toBe(0)
  expect(result.cost).toEqual({ currency: 'USD', amountMicros: result.usage.totalTokens })
  expect(result.steps.reduce((sum, step) => sum + step.attempts, 0)).toBe(model.requests.length)
})

describe('where nothing can be made shorter', () => {
  const long: readonly Message[] = [{ role: 'user', content: 'word '.repeat(20_000) }]

  test.each([undefined, false] as const)('a run without steps rejects after one request (history: %s)', async (history) => {
    const model = reader(1, { tokens: 8_000, output: 1_000 })
    const error = await agentOf({ model, ...(history === false && { history }) })
      .generate(long)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'context-overflow', attempts: 1, overflow: { windowTokens: 8_000 } })
    expect(model.requests).toHaveLength(1)
  })

  test('a run with complete steps ends with what it has', async () => {
    const model = reader(30, { tokens: 8_000 })
    const { result, events } = await attemptsOf(agentOf({ model, history: false }))
    expect(result).toMatchObject({ status: 'limit', stopReason: 'context-overflow', text: `Step ${result.steps.length}.` })
    expect(result.warnings).toEqual([{ code: 'context-overflow', message: expect.stringContaining('Too long for the window.') }])
    expect(events.at(-1)).toMatchObject({ type: 'run-end', stopReason: 'context-overflow' })
    expect(findProblem(result.messages)).toBeUndefined()
    expect(() => result.textOrThrow()).toThrow(/context-overflow/)
  })

  test('a step that is larger than the window ends the run after each measure was tried once', async () => {
    const huge = testTool('read', () => 'lorem '.repeat(10_000))
    const model = reader(3, { tokens: 8_000, output: 1_000 })
    const { result, attempts } = await attemptsOf(agentOf({ model, tools: [huge] }))
    expect(result.stopReason).toBe('context-overflow')
    expect(result.steps).toHaveLength(1)
    expect(attempts.length).toBeLessThanOrEqual(4)
  })

  test('the closing request at a limit is fitted, too', async () => {
    const model = reader(30, { tokens: 12_000, names: hidden })
    const { result } = await attemptsOf(agentOf({ model, limits: { steps: 11 }, history: { clear: 'window', summariseAt: false } }))
    expect(result.stopReason).toBe('max-steps')
    expect(result.steps).toHaveLength(12)
    expect(model.requests.at(-1)?.messages.at(-1)?.content).toMatch(/limit of steps/)
  })
})
