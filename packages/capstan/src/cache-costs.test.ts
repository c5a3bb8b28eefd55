import { startSimulator } from '@capstan/simulator'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Agent, deepseek, type Model, moonshot, type Prices, type RunResult, tool } from './index.ts'

const apiKey = 'simulated-key'
const steps = 25
const notes = 'a note that says nothing of interest '.repeat(40)
const more = tool({
  name: 'more',
  description: 'More notes.',
  inputSchema: z.object({ page: z.number() }),
  effect: 'read',
  execute: ({ page }) => `${page} ${notes}`,
})
const script = [
  ...Array.from({ length: steps }, (_, page) => ({ reasoning: 'On.', toolCalls: [{ name: 'more', input: { page } }] })),
  { reasoning: 'Out.', text: 'As far as I got.' },
]

/** A run that reads until its limit of steps and then closes. */
async function runToLimit(
  endpoint: 'deepseek' | 'moonshot',
  make: (baseURL: string) => Model,
): Promise<{ readonly result: RunResult; readonly prices: Prices }> {
  await using simulator = await startSimulator({ apiKey, endpoint, script })
  const model = make(simulator.baseURL)
  const { prices } = model.traits
  if (prices === undefined) throw new Error('The model has no prices.')
  return { prices, result: await new Agent({ model, tools: [more], instructions: notes, history: false, limits: { steps } }).generate('Read it all.') }
}

const models: readonly (readonly [string, 'deepseek' | 'moonshot', (baseURL: string) => Model])[] = [
  ['deepseek-flash', 'deepseek', (baseURL) => deepseek('deepseek-flash', { baseURL, apiKey })],
  ['deepseek-v4-pro', 'deepseek', (baseURL) => deepseek('deepseek-v4-pro', { baseURL, apiKey })],
  ['kimi-k3', 'moonshot', (baseURL) => moonshot('kimi-k3', { baseURL, apiKey })],
  ['kimi-k3.1-pro for an hour', 'moonshot', (baseURL) => moonshot('kimi-k3.1-pro', { baseURL, apiKey, promptCacheTtl: '1h' })],
]

/** What all requests read, wrote and gave, rounded up once. */
function costOfRequests({ steps }: RunResult, prices: Prices): number {
  const total = steps.reduce((sum, { usage: { inputTokens = 0, cachedInputTokens = 0, outputTokens = 0 } }) => {
    const written = BigInt(inputTokens - cachedInputTokens) * BigInt(prices.cacheWrite ?? prices.input)
    return sum + written + BigInt(cachedInputTokens) * BigInt(prices.cachedInput ?? prices.input) + BigInt(outputTokens) * BigInt(prices.output)
  }, 0n)
  return Number((total + 999_999n) / 1_000_000n)
}

test.each(models)('%s: the closing request reads the history from the cache and pays for what is new', async (_, endpoint, make) => {
  const { result, prices } = await runToLimit(endpoint, make)
  const { inputTokens = 0, cachedInputTokens = 0, outputTokens = 0 } = result.steps.at(-1)?.usage ?? {}
  const micros = (tokens: number, price = prices.input): number => (tokens * price) / 1_000_000
  const paid = micros(inputTokens - cachedInputTokens, prices.cacheWrite) + micros(cachedInputTokens, prices.cachedInput) + micros(outputTokens, prices.output)

  expect(result).toMatchObject({ stopReason: 'max-steps', text: 'As far as I got.' })
  expect(inputTokens).toBeGreaterThan(6_000)
  expect(inputTokens - cachedInputTokens).toBeLessThan(1_000)
  expect(paid).toBeLessThan(0.4 * micros(inputTokens))
  expect(result.cost).toEqual({ currency: 'USD', amountMicros: costOfRequests(result, prices) })
})
