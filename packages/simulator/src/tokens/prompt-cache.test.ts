import { describe, expect, test } from 'vitest'
import { asObject, type JsonObject } from '../json.ts'
import type { SimulatorOptions } from '../options/options.ts'
import { startSimulator } from '../start-simulator.ts'
import { postJson, stringTool } from '../testing/client.ts'
import type { Prompt } from './prompt.ts'
import { PromptCache } from './prompt-cache.ts'
import { countTokens } from './tokenize.ts'

const rule = { granularityTokens: 1, minimumTokens: 1 }
const forever = Number.POSITIVE_INFINITY

function promptOf(...texts: readonly string[]): Prompt {
  const segments = texts.map((text) => ({ text, tokens: countTokens(text) }))
  return { segments, tokens: segments.reduce((sum, { tokens }) => sum + tokens, 0) }
}

describe('the prompt cache', () => {
  test('when all prompts are too long together, the partitions that were not used recently are forgotten', () => {
    const cache = new PromptCache(Date.now)
    const long = 'word '.repeat(3_000_000)
    cache.keep('first', promptOf(long), forever)
    cache.keep('second', promptOf(`${long}.`), forever)
    cache.keep('third', promptOf(`${long}!`), forever)
    expect(cache.read('first', promptOf('word word'), rule)).toBe(0)
    expect(cache.read('third', promptOf('word word'), rule)).toBe(2)
  })

  test('when the prompts of one partition are too long together, only the newest is kept', () => {
    const cache = new PromptCache(Date.now)
    cache.keep('only', promptOf(`a ${'word '.repeat(3_000_000)}`), forever)
    cache.keep('only', promptOf(`b ${'word '.repeat(3_000_000)}`), forever)
    cache.keep('only', promptOf(`c ${'word '.repeat(3_000_000)}`), forever)
    expect(cache.read('only', promptOf('a'), rule)).toBe(0)
    expect(cache.read('only', promptOf('c'), rule)).toBe(1)
  })

  test('a prompt that was continued is still found where another one leaves it', () => {
    const cache = new PromptCache(Date.now)
    cache.keep('only', promptOf('one two', '\nthree four'), forever)
    cache.keep('only', promptOf('one two', '\nthree four', '\nfive six'), forever)
    expect(cache.read('only', promptOf('one two', '\nthree four', '\nseven'), rule)).toBe(6)
    expect(cache.read('only', promptOf('one two', '\nthree nine'), rule)).toBe(5)
  })

  test('complete blocks count, from the smallest prefix on', () => {
    const cache = new PromptCache(Date.now)
    cache.keep('only', promptOf('word '.repeat(300)), forever)
    const read = (words: number): number => cache.read('only', promptOf('word '.repeat(words)), { granularityTokens: 128, minimumTokens: 200 })
    expect([read(128), read(198), read(202), read(257), read(300)]).toEqual([0, 0, 128, 256, 256])
  })
})

const tools = Array.from({ length: 20 }, (_, index) => stringTool(`tool_number_${index}`, 'first', 'second'))

/** Usage of two requests that continue a conversation, the second with this tool choice. */
async function usages(options: SimulatorOptions, body: JsonObject, choice: string): Promise<readonly JsonObject[]> {
  await using simulator = await startSimulator({ script: [{ text: 'a' }, { text: 'b' }], ...options })
  const first = await postJson(simulator.baseURL, { tools, ...body })
  const second = await postJson(simulator.baseURL, { tools, tool_choice: choice, ...body })
  return [first, second].map(({ body: { usage } }) => asObject(usage))
}

describe('tool_choice none', () => {
  test.each([
    ['deepseek', 'deepseek-v4-pro'],
    ['evolink', 'deepseek-chat'],
  ] as const)('at %s, %s leaves the tools out of the prompt, so that they are neither counted nor cached', async (endpoint, model) => {
    const [first, second] = await usages({ endpoint }, { model }, 'none')
    expect(first?.['prompt_tokens']).toBeGreaterThan(1_000)
    expect(second?.['prompt_tokens']).toBeLessThan(12)
    expect(second?.['prompt_cache_hit_tokens']).toBe(0)
  })

  test('with tool choice auto the tools are counted and cached', async () => {
    const [first, second] = await usages({ endpoint: 'deepseek' }, { model: 'deepseek-v4-pro' }, 'auto')
    expect(second?.['prompt_tokens']).toBe(first?.['prompt_tokens'])
    expect(second?.['prompt_cache_hit_tokens']).toBeGreaterThan(1_000)
  })

  test('at Moonshot the tools stay in the prompt', async () => {
    const [first, second] = await usages({ endpoint: 'moonshot' }, { model: 'kimi-k2.6' }, 'none')
    expect(second?.['prompt_tokens']).toBe(first?.['prompt_tokens'])
    expect(second?.['cached_tokens']).toBeGreaterThan(1_000)
  })
})
