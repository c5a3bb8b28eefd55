/** Random numbers that depend only on a seed. https://github.com/cprosche/mulberry32 */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to, but not including, 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** Log-normal, with this median. `sigma`: the standard deviation of the logarithm. */
  logNormal(median: number, sigma: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.fraction()))
    return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * this.fraction()))
  }

  /** An integer from 1 to `maximum`, whose logarithm is uniform: small ones are more frequent. */
  logUniform(maximum: number): number {
    return Math.min(maximum, Math.floor(Math.exp(this.fraction() * Math.log(maximum + 1))))
  }
}
