/** Numbers that look random and follow from a seed. */
export interface Random {
  /** From 0 up to, not including, 1. */
  fraction(): number
  /** An integer from 0 up to, not including, `end`. */
  below(end: number): number
  /** One of these. */
  pick<Item>(items: readonly Item[]): Item
  /** True with this probability. */
  chance(probability: number): boolean
}

/** Makes a source of numbers: the same for the same seed, in every process (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number): number => Math.floor(fraction() * end)
  return {
    fraction,
    below,
    pick: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('There is nothing to pick from.')
      return item
    },
    chance: (probability) => fraction() < probability,
  }
}

/**
 * Makes the jitter of retries small for the rest of this process: it is random times a delay, so small numbers are legal draws.
 * Waits become a thousandth of what they are; nothing else of Capstan draws random numbers.
 */
export function shortenJitter(): void {
  const real = Math.random
  Math.random = () => real() / 1_000
}
