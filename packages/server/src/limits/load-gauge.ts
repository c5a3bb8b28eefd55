import { Refusal } from '../http/refusal.ts'

const sampleMs = 50
/** Samples that count: those of about the last second. */
const maxSamples = 20
/** Fewer say nothing: a process that has just begun loads its code. */
const minSamples = 10

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

  /** The median delay of the last second, in milliseconds: one long pause, such as for loading code, does not count as load. */
  get delayMs(): number {
    const { length } = this.#delays
    return length < minSamples ? 0 : ([...this.#delays].sort((left, right) => left - right)[Math.floor(length / 2)] ?? 0)
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
