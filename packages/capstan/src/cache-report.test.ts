import { type SimulatedPrices, type Simulator, type SimulatorOptions, startSimulator } from '@capstan/simulator'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { Agent, type AgentOptions, type CacheReport, deepseek, type Model, moonshot, openaiCompatible, type Prices, type RunResult, tool } from './index.ts'

const apiKey = 'simulated-key'
const head = 'a sentence of the instructions that is long enough to be cached '.repeat(60)
const notes = 'a note that says nothing of interest '.repeat(150)
const steps = 12

function readerOf(onRead: (page: number) => void = () => undefined) {
  return tool({
    name: 'more',
    description: 'More notes.',
    inputSchema: z.object({ page: z.number() }),
    effect: 'read',
    execute: ({ page }) => {
      onRead(page)
      return `${page} ${notes}`
    },
  })
}

const other = tool({ name: 'other', description: 'Something else.', inputSchema: z.object({}), execute: () => 'else' })
const script = [
  ...Array.from({ length: steps }, (_, page) => ({ reasoning: 'On.', toolCalls: [{ name: 'more', input: { page } }] })),
  { reasoning: 'Out.', text: 'The end.' },
]

function flash(baseURL: string): Model {
  return deepseek('deepseek-flash', { baseURL, apiKey })
}

function pricesOf(model: Model): SimulatedPrices {
  const { currency: _, ...prices } = model.traits.prices as Prices
  return prices
}

interface Setup extends Partial<SimulatorOptions> {
  readonly make?: (baseURL: string) => Model | readonly [Model, ...Model[]]
  readonly agent?: Partial<AgentOptions>
}

/** A run of `steps` pages, and what the simulator billed for it. */
async function read({ make = flash, agent, ...options }: Setup = {}): Promise<{ result: RunResult; simulator: Simulator; cache: CacheReport }> {
  const made = [make('http://127.0.0.1')].flat()
  const prices = Object.fromEntries(made.flatMap((model) => (model.traits.prices === undefined ? [] : [[model.id.replace(/^[^/]+\//, ''), pricesOf(model)]])))
  await using simulator = await startSimulator({ apiKey, endpoint: 'deepseek', script, prices, ...options })
  const result = await new Agent({
    model: make(simulator.baseURL) as Model,
    tools: [readerOf(), other],
    instructions: head,
    history: false,
    limits: { steps: 50 },
    ...agent,
  } as AgentOptions).generate('Read it all.')
  expect(result.text).toBe('The end.')
  if (result.cache === undefined) throw new Error('There is no report.')
  return { result, simulator, cache: result.cache }
}

/** What the cache did not serve of the prompt that came before it, by the simulator's own count. */
function rereadOf({ requests }: Simulator, index: number): number {
  const [before, bill] = [requests[index - 1]?.bill, requests[index]?.bill]
  return Math.min(before?.inputTokens ?? Number.NaN, bill?.inputTokens ?? Number.NaN) - (bill?.cachedTokens ?? Number.NaN)
}

afterEach(() => {
  vi.useRealTimers()
})

describe('the cache report of a run', () => {
  test('has the hit ratio, and no break while each request continues the one before', async () => {
    const { cache, simulator } = await read()
    const { inputTokens, cachedTokens } = simulator.bill()
    expect(cache).toEqual({
      hitRatio: cachedTokens / inputTokens,
      inputTokens,
      cachedTokens,
      unknownRequests: 0,
      breaks: [],
      rereadTokens: 0,
      rereadCost: { currency: 'USD', amountMicros: 0 },
    })
    expect(cache.hitRatio).toBeGreaterThan(0.8)
  })

  test.each<[string, CacheReport['breaks'][number]['cause'], Partial<AgentOptions>]>([
    ['tools', 'tools-change', { prepareStep: ({ steps: done }) => (done.length === 7 ? { activeTools: ['more'] } : {}) }],
    ['instructions', 'instructions-change', { prepareStep: ({ steps: done }) => (done.length === 7 ? { instructions: 'Be brief.' } : {}) }],
    [
      'the tool choice, where that removes the tools from the prompt',
      'settings-change',
      { prepareStep: ({ steps: done }) => (done.length === 7 ? { toolChoice: 'none' } : {}) },
    ],
  ])('names a change of %s, and of its end', async (_, cause, agent) => {
    const { cache, simulator } = await read({ agent })
    expect(cache.breaks[0]).toMatchObject({ step: 8, cause })
    expect(cache.breaks[0]?.rereadTokens).toBe(rereadOf(simulator, 7))
    // Where the new request has the old prefix in the cache, going back costs little.
    expect(cache.breaks.slice(1).every((found) => found.cause === cause && found.step === 9)).toBe(true)
    expect(cache.rereadTokens).toBe(cache.breaks.reduce((sum, { rereadTokens }) => sum + rereadTokens, 0))
    const { input, cachedInput = input } = pricesOf(flash('http://127.0.0.1'))
    expect(cache.rereadCost?.amountMicros).toBe(Math.ceil((cache.rereadTokens * (input - cachedInput)) / 1_000_000))
  })

  test('names the model of the chain that has no cache yet', async () => {
    const { cache } = await read({
      make: (baseURL) => [flash(baseURL), deepseek('deepseek-v4-pro', { baseURL, apiKey })],
      faults: [{ fault: { kind: 'status', status: 503 }, requests: [8] }],
    })
    expect(cache.breaks[0]).toMatchObject({ step: 8, cause: 'model-change' })
    expect(cache.breaks[0]?.rereadTokens).toBeGreaterThan(5_000)
  })

  test('names edits of the history, with what they cost', async () => {
    const { result, cache, simulator } = await read({ agent: { history: { clear: 'window', summariseAt: 6_000, keepSteps: 2 } } })
    expect(result.edits.length).toBeGreaterThan(1)
    expect(cache.breaks.length).toBeGreaterThan(0)
    expect(new Set(cache.breaks.map(({ cause }) => cause))).toEqual(new Set(['history-edit']))
    expect(cache.breaks.every(({ step }) => result.edits.some((edit) => edit.step === step))).toBe(true)
    for (const { step, rereadTokens } of cache.breaks) {
      const { inputTokens = 0, cachedTokens = 0 } = simulator.requests[step - 1]?.bill ?? {}
      expect(rereadTokens).toBeLessThanOrEqual(inputTokens - cachedTokens)
    }
    expect(result.cost?.amountMicros).toBe(simulator.bill().amountMicros)
  })

  test('names a pause that is longer than the lifetime of the cache', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const pause = (page: number): void => {
      if (page === 7) vi.setSystemTime(Date.now() + 6 * 60_000)
    }
    const { cache } = await read({
      endpoint: 'moonshot',
      make: (baseURL) => moonshot('kimi-k3', { baseURL, apiKey }),
      agent: { tools: [readerOf(pause), other] },
    })
    expect(cache.breaks).toMatchObject([{ step: 9, cause: 'cold' }])
  })

  test('says that it does not know why a provider dropped a prefix', async () => {
    let now = 0
    const forget = (page: number): void => {
      if (page === 7) now += 100 * 3_600_000
    }
    const { cache } = await read({ now: () => now, agent: { tools: [readerOf(forget), other] } })
    expect(cache.breaks).toMatchObject([{ step: 9, cause: 'unknown' }])
  })

  test('has no cost without prices', async () => {
    const make = (baseURL: string) => openaiCompatible({ baseURL, apiKey, model: 'moonshotai/Kimi-K2-Thinking' })
    const { cache } = await read({ endpoint: 'vllm', make, prices: {} })
    expect(cache).toMatchObject({ breaks: [], rereadTokens: 0, rereadCost: undefined })
    expect(cache.hitRatio).toBeGreaterThan(0.5)
  })

  test('is absent where the provider reports no cached tokens', async () => {
    await using simulator = await startSimulator({ apiKey, endpoint: 'ollama', script })
    const model = openaiCompatible({ baseURL: simulator.baseURL, apiKey, model: 'kimi-k2-thinking' })
    const { cache, text } = await new Agent({ model, tools: [readerOf()], instructions: head }).generate('Read it all.')
    expect([text, cache]).toEqual(['The end.', undefined])
  })
})
