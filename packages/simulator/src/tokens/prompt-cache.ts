import type { CacheRule } from '../models/simulated-model.ts'
import type { Prompt, Segment } from './prompt.ts'
import { countTokens } from './tokenize.ts'

const MAX_PROMPTS_EACH = 64
const MAX_CHARACTERS = 32 * 1024 * 1024

interface KeptPrompt {
  readonly segments: readonly Segment[]
  readonly characters: number
  /** In milliseconds since the Unix epoch. */
  readonly expiresAt: number
}

/** Remembers earlier prompts: the last 64 of each partition, and together at most 32 Mi characters. */
export class PromptCache {
  /** Least recently used first. */
  readonly #partitions = new Map<string, readonly KeptPrompt[]>()
  readonly #now: () => number
  #characters = 0

  /** @param now - The time, in milliseconds since the Unix epoch. */
  constructor(now: () => number) {
    this.#now = now
  }

  /**
   * Counts the cached tokens of a prompt.
   *
   * @param partition - Prompts of different partitions are not compared.
   * @returns Tokens of the longest common prefix with a prompt that is kept, rounded down to complete blocks.
   */
  read(partition: string, { segments }: Prompt, rule: CacheRule): number {
    const now = this.#now()
    const alive = (this.#partitions.get(partition) ?? []).filter(({ expiresAt }) => expiresAt > now)
    this.#replace(partition, alive)
    const longest = alive.reduce((tokens, kept) => Math.max(tokens, commonTokens(kept.segments, segments)), 0)
    return roundDown(longest, rule)
  }

  /** Remembers a prompt for this many milliseconds. */
  keep(partition: string, { segments }: Prompt, lifetimeMs: number): void {
    const characters = segments.reduce((sum, { text }) => sum + text.length, 0)
    // An earlier prompt that the new one continues cannot match more than the new one.
    const others = (this.#partitions.get(partition) ?? []).filter((kept) => !continues(segments, kept.segments)).slice(1 - MAX_PROMPTS_EACH)
    this.#replace(partition, [...others, { segments, characters, expiresAt: this.#now() + lifetimeMs }])
    this.#forgetOldest(partition)
  }

  #replace(partition: string, prompts: readonly KeptPrompt[]): void {
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

function lengthOf(prompts: readonly KeptPrompt[]): number {
  return prompts.reduce((sum, { characters }) => sum + characters, 0)
}

/** True when the second list is the beginning of the first. */
function continues(segments: readonly Segment[], beginning: readonly Segment[]): boolean {
  return beginning.length <= segments.length && beginning.every(({ text }, index) => text === segments[index]?.text)
}

function commonTokens(left: readonly Segment[], right: readonly Segment[]): number {
  let tokens = 0
  for (const [index, segment] of right.entries()) {
    const other = left[index]
    if (other === undefined) return tokens
    if (other.text !== segment.text) return tokens + countTokens(segment.text.slice(0, commonLength(other.text, segment.text)))
    tokens += segment.tokens
  }
  return tokens
}

function commonLength(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  let index = 0
  while (index < length && left.charCodeAt(index) === right.charCodeAt(index)) index += 1
  return index
}

function roundDown(tokens: number, { minimumTokens, granularityTokens }: CacheRule): number {
  if (tokens < minimumTokens) return 0
  return tokens - (tokens % granularityTokens)
}
