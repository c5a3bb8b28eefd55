import type { CacheRule } from '../models/simulated-model.ts'
import { countTokens } from './tokenize.ts'

const MAX_PROMPTS_EACH = 64
const MAX_CHARACTERS = 32 * 1024 * 1024

/** Remembers earlier prompts: the last 64 of each partition, and together at most 32 Mi characters. */
export class PromptCache {
  /** Least recently used first. */
  readonly #partitions = new Map<string, string[]>()
  #characters = 0

  /**
   * Counts the cached tokens of a prompt, and remembers it.
   *
   * @param partition - Prompts of different partitions are not compared.
   * @returns Tokens of the longest common prefix with an earlier prompt, rounded down to the granularity.
   */
  add(partition: string, prompt: string, rule: CacheRule): number {
    const earlier = this.#partitions.get(partition) ?? []
    const best = earlier.reduce((longest, other) => Math.max(longest, commonPrefixLength(other, prompt)), 0)
    // An earlier prompt that the new one continues cannot match more than the new one.
    const kept = earlier.filter((other) => !prompt.startsWith(other)).slice(1 - MAX_PROMPTS_EACH)
    this.#replace(partition, [...kept, prompt])
    this.#forgetOldest(partition)
    return roundDown(countTokens(prompt.slice(0, best)), rule)
  }

  #replace(partition: string, prompts: string[]): void {
    this.#characters += lengthOf(prompts) - lengthOf(this.#partitions.get(partition) ?? [])
    this.#partitions.delete(partition)
    if (prompts.length > 0) this.#partitions.set(partition, prompts)
  }

  #forgetOldest(current: string): void {
    for (const partition of this.#partitions.keys()) {
      if (this.#characters <= MAX_CHARACTERS) return
      if (partition !== current) this.#replace(partition, [])
    }
    if (this.#characters > MAX_CHARACTERS) this.#replace(current, (this.#partitions.get(current) ?? []).slice(-1))
  }
}

function lengthOf(prompts: readonly string[]): number {
  return prompts.reduce((sum, prompt) => sum + prompt.length, 0)
}

function roundDown(tokens: number, rule: CacheRule): number {
  if (tokens < rule.minimumTokens) return 0
  return tokens - (tokens % rule.granularityTokens)
}

function commonPrefixLength(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  let index = 0
  while (index < length && left.charCodeAt(index) === right.charCodeAt(index)) index += 1
  return index
}
