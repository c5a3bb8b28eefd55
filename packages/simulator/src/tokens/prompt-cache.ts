import type { CacheRule } from '../models/simulated-model.ts'
import { countTokens } from './tokenize.ts'

const MAX_PROMPTS_EACH = 64

/** Remembers earlier prompts and counts how much of a new one was seen before. */
export interface PromptCache {
  /**
   * Counts the cached tokens of a prompt, and remembers it.
   *
   * @param partition - Prompts of different partitions do not see each other.
   * @returns Tokens of the longest common prefix with an earlier prompt, rounded down to the granularity.
   */
  add(partition: string, prompt: string, rule: CacheRule): number
}

/** An empty cache; it holds the last 64 prompts of each partition. */
export function createPromptCache(): PromptCache {
  const partitions = new Map<string, string[]>()
  return {
    add(partition, prompt, rule) {
      const earlier = partitions.get(partition) ?? []
      const best = earlier.reduce((longest, other) => Math.max(longest, commonPrefixLength(other, prompt)), 0)
      // A prompt that the new one continues can match nothing that the new one cannot.
      const kept = earlier.filter((other) => !prompt.startsWith(other)).slice(1 - MAX_PROMPTS_EACH)
      partitions.set(partition, [...kept, prompt])
      return roundDown(countTokens(prompt.slice(0, best)), rule)
    },
  }
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
