import { Refusal } from '../http/refusal.ts'

const sampleMs = 50
/** Samples that count: those of about the last second. */
const maxSamples = 20

/** Measures how late the event loop is. */
export class LoadGauge {
  readonly #delays: number[] = []
  #timer: NodeJS.Timeout | undefined
  #expectedAt = 0

  /** Begins to measure, until `stop`. It does not keep the process alive. */
  start(): void {
    if (this.#timer !== undefined) return
    this.#expectedAt = performance.now() + sampleMs
    this.#timer = setInterval(() => this.#sample(), sampleMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#delays.length = 0
  }

  /** The mean delay of the last second, in milliseconds. */
  get delayMs(): number {
    const { length } = this.#delays
    return length === 0 ? 0 : this.#delays.reduce((sum, delay) => sum + delay, 0) / length
  }

  /** @throws {Refusal} 503 while the event loop is later than this. */
  refuseAbove(maxDelayMs: number): void {
    if (this.delayMs > maxDelayMs) throw overloaded('The server is busy.')
  }

  #sample(): void {
    const now = performance.now()
    this.#delays.push(Math.max(0, now - this.#expectedAt))
    if (this.#delays.length > maxSamples) this.#delays.shift()
    this.#expectedAt = now + sampleMs
  }
}

/** The refusal of work that the server has no room for. */
export function overloaded(message: string): Refusal {
  return new Refusal(503, ['overloaded', `${message} Try again in a few seconds.`], { retryAfterSeconds: 2 + Math.floor(Math.random() * 4) })
}
