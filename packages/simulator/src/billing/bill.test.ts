import { describe, expect, test } from 'vitest'
import { asObject, type JsonObject } from '../json.ts'
import { deepseekVendorModels } from '../models/deepseek-vendor.ts'
import type { ScriptedReply, Simulator, SimulatorOptions } from '../options/options.ts'
import { startSimulator } from '../start-simulator.ts'
import { firstMessage, post, postJson } from '../testing/client.ts'

const flash = 'deepseek-flash'
const flashPrices = { input: 300_000, cachedInput: 6_000, output: 1_200_000 }
const kimiPrices = { input: 3_000_000, cachedInput: 300_000, output: 15_000_000, cacheWrite: { '5m': 3_000_000, '1h': 6_000_000 } }
const prices = { [flash]: flashPrices, 'kimi-k3': kimiPrices }

function words(count: number): string {
  return Array.from({ length: count }, (_, index) => `w${index % 10}`).join(' ')
}

/** Sends the messages, and adds the reply and a further question to them. */
async function ask(simulator: Simulator, messages: JsonObject[], body: JsonObject = {}): Promise<JsonObject> {
  const response = await postJson(simulator.baseURL, { model: flash, messages, ...body })
  messages.push(firstMessage(response.body), { role: 'user', content: 'Go on.' })
  return asObject(response.body['usage'])
}

function start(options: SimulatorOptions & { readonly replies?: number } = {}): Promise<Simulator> {
  const { replies = 9, ...rest } = options
  const script: ScriptedReply[] = Array.from({ length: replies }, () => ({ reasoning: words(100), text: words(200) }))
  return startSimulator({ endpoint: 'deepseek', prices, script, ...rest })
}

const question = (count = 400): JsonObject[] => [{ role: 'user', content: words(count) }]
const billed = (tokens: number, price: number): number => tokens * price

describe('a bill', () => {
  test('of DeepSeek counts the prefix in blocks of 128 tokens, earlier replies included', async () => {
    await using simulator = await start()
    const messages = question()
    const first = Number((await ask(simulator, messages))['prompt_tokens'])
    const usage = await ask(simulator, messages)
    const { prompt_tokens: prompt, prompt_cache_hit_tokens: cached } = usage
    // The first prompt and its reply were 300 words longer, and digits are tokens of their own.
    expect(Number(cached) % 128).toBe(0)
    expect(Number(cached)).toBeGreaterThan(first + 500)
    expect(simulator.requests[1]?.bill).toMatchObject({ requests: 1, inputTokens: prompt, cachedTokens: cached, outputTokens: usage['completion_tokens'] })
  })

  test('of Moonshot counts the prefix in blocks of 256 tokens, and keeps no replies', async () => {
    await using simulator = await start({ endpoint: 'moonshot' })
    const messages = question()
    const first = Number((await ask(simulator, messages, { model: 'kimi-k3' }))['prompt_tokens'])
    const { cached_tokens: cached } = await ask(simulator, messages, { model: 'kimi-k3' })
    expect(cached).toBe(first - (first % 256))
  })

  test('adds up exactly and rounds once', async () => {
    await using simulator = await start()
    const messages = question()
    for (let request = 0; request < 5; request += 1) await ask(simulator, messages)
    const { requests, inputTokens, cachedTokens, outputTokens, amountMicros } = simulator.bill()
    const product = billed(inputTokens - cachedTokens, 300_000) + billed(cachedTokens, 6_000) + billed(outputTokens, 1_200_000)
    expect(requests).toBe(5)
    expect(amountMicros).toBe(Math.ceil(product / 1_000_000))
    const each = simulator.requests.map(({ bill }) => bill?.amountMicros ?? 0).reduce((sum, micros) => sum + micros, 0)
    expect(each).toBeGreaterThanOrEqual(amountMicros ?? Number.NaN)
    expect(each).toBeLessThanOrEqual((amountMicros ?? 0) + 4)
    expect(simulator.bill(flash)).toEqual(simulator.bill())
    expect(simulator.bill('deepseek-v4-pro')).toEqual({ requests: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0, amountMicros: 0 })
  })

  test.each([
    ['no lifetime', {}, 3_000_000],
    ['an hour', { prompt_cache_options: { ttl: '1h' } }, 6_000_000],
  ])('of a request that asks for %s has the price of that write', async (_, body, write) => {
    await using simulator = await start({ endpoint: 'moonshot' })
    await ask(simulator, question(), { model: 'kimi-k3', ...body })
    const { inputTokens, outputTokens, amountMicros } = simulator.bill('kimi-k3')
    expect(amountMicros).toBe(Math.ceil((billed(inputTokens, write) + billed(outputTokens, 15_000_000)) / 1_000_000))
  })

  test('does not follow a usage that is scripted', async () => {
    await using simulator = await start({ script: [{ text: words(50), usage: { prompt_tokens: 1, completion_tokens: 1 } }] })
    expect(await ask(simulator, question())).toMatchObject({ prompt_tokens: 1 })
    expect(simulator.bill().inputTokens).toBeGreaterThan(400)
    expect(simulator.bill().outputTokens).toBe(100)
  })

  test('counts what exact chunks hold', async () => {
    await using simulator = await start({
      script: [
        {
          chunks: [
            { choices: [{ index: 0, delta: { role: 'assistant', content: 'one two' } }] },
            { choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: 'call one two three', function: { name: 'look', arguments: '{"a":1}' } }] } }] },
          ],
        },
      ],
    })
    await (await post(simulator.baseURL, { model: flash, stream: true })).text()
    expect(simulator.bill().outputTokens).toBe(2 + 1 + 7)
  })

  test('has no amount when a served model has no prices', async () => {
    await using simulator = await start()
    await ask(simulator, question(), { model: 'deepseek-v4-pro' })
    expect(simulator.bill()).toMatchObject({ requests: 1, amountMicros: undefined })
    expect(simulator.bill(flash).amountMicros).toBe(0)
  })

  test('is free for refused requests and for an error status, which leave nothing in the cache', async () => {
    await using simulator = await start({ faults: [{ fault: { kind: 'status', status: 503 }, requests: [2] }] })
    const messages = question()
    expect((await postJson(simulator.baseURL, { model: flash, messages, temperature: 3 })).status).toBe(400)
    expect((await postJson(simulator.baseURL, { model: flash, messages })).status).toBe(503)
    expect(simulator.bill()).toMatchObject({ requests: 0, amountMicros: 0 })
    expect(simulator.requests.map(({ bill }) => bill)).toEqual([undefined, undefined])
    expect(await ask(simulator, messages)).toMatchObject({ prompt_cache_hit_tokens: 0 })
  })

  test('is complete for a stream that was cut on its way', async () => {
    await using simulator = await start({ faults: [{ fault: { kind: 'close', at: 'first-event' }, requests: 'all' }] })
    const response = await post(simulator.baseURL, { model: flash, stream: true, messages: question() })
    await expect(response.text()).rejects.toThrow()
    expect(simulator.bill().outputTokens).toBe(200 + 400)
  })
})

describe('the lifetime of a cached prefix', () => {
  const minute = 60_000
  const hour = 60 * minute

  test.each([
    ['deepseek', flash, {}, 2 * hour],
    ['moonshot', 'kimi-k3', {}, 5 * minute],
    ['moonshot', 'kimi-k3', { prompt_cache_options: { ttl: '1h' } }, hour],
  ] as const)('at %s, %s is renewed by each use: %j', async (endpoint, model, body, lifetimeMs) => {
    let now = 0
    await using simulator = await start({ endpoint, now: () => now })
    const messages = question()
    const cachedOf = async (): Promise<number> => {
      await ask(simulator, messages, { model, ...body })
      return simulator.requests.at(-1)?.bill?.cachedTokens ?? Number.NaN
    }
    expect(await cachedOf()).toBe(0)
    now += lifetimeMs - 1
    expect(await cachedOf()).toBeGreaterThan(0)
    now += lifetimeMs - 1
    expect(await cachedOf()).toBeGreaterThan(0)
    now += lifetimeMs
    expect(await cachedOf()).toBe(0)
  })

  test('is unknown for kimi-k2.6, whose prefix is kept', async () => {
    let now = 0
    await using simulator = await start({ endpoint: 'moonshot', now: () => now })
    const messages = question()
    await ask(simulator, messages, { model: 'kimi-k2.6' })
    now += 1_000 * hour
    await ask(simulator, messages, { model: 'kimi-k2.6' })
    expect(simulator.requests.at(-1)?.bill?.cachedTokens).toBeGreaterThan(0)
  })
})

describe('options', () => {
  test.each([
    ['prices', { prices: { [flash]: { input: 1.5, output: 1 } } }, /prices\["deepseek-flash"\]\.input/],
    ['prices without output', { prices: { [flash]: { input: 1 } } }, /needs the key `output`/],
    ['a window of no tokens', { contextTokens: 0 }, /contextTokens/],
    ['a clock that is not a function', { now: 5 }, /now/],
    ['a lifetime', { models: [{ ...deepseekVendorModels[0], cache: { granularityTokens: 1, minimumTokens: 1, lifetimeMs: '5m' } }] }, /lifetimeMs/],
  ])('%s are checked', async (_, options, message) => {
    await expect(startSimulator(options as unknown as SimulatorOptions)).rejects.toThrow(message)
  })
})
