import { type PageLine, passingStart } from '../src/viewer/lines.ts'
import { parsePageLine } from '../src/viewer/parse-line.ts'
import { Turns } from './turns.ts'

/** `lost`: it is made again. `gone`: another command listens there now. */
export type ConnectionState = 'live' | 'lost' | 'gone'

/** What a reader of a run is told. */
export interface Listener {
  onLines(lines: readonly PageLine[]): void
  /** Everything that is recorded was read. */
  onEnd(): void
  onState(state: ConnectionState): void
}

/** How long a lost connection waits before it is made again, in milliseconds. */
const againMs = 1_000

/**
 * Reads server-sent events of lines until their end. After a lost connection it asks for those behind the last one. `EventSource` does the same,
 * and takes longer than everything else together for a run of 100,000 events.
 */
export async function followEvents(url: string, listener: Listener, stopped: AbortSignal): Promise<void> {
  const reading = new EventReading(listener)
  while (!stopped.aborted) {
    await reading.read(url, stopped).catch(() => {})
    if (stopped.aborted) return
    if (reading.isEnded) return listener.onEnd()
    listener.onState(reading.isRefused ? 'gone' : 'lost')
    if (reading.isRefused) return
    await new Promise((resolve) => setTimeout(resolve, againMs))
  }
}

class EventReading {
  readonly #listener: Listener
  readonly #turns = new Turns()
  /** How many lines came. */
  #count = 0
  /** The beginning of a line whose rest is still to come. */
  #rest = ''
  isEnded = false
  /** True when whatever listens there now does not know the token of this page. */
  isRefused = false

  constructor(listener: Listener) {
    this.#listener = listener
  }

  async read(url: string, signal: AbortSignal): Promise<void> {
    this.#rest = ''
    const response = await fetch(url, { signal, headers: { 'last-event-id': String(this.#count) } })
    this.isRefused = response.status === 403 || response.status === 404
    if (!response.ok || response.body === null) throw new Error(`status ${response.status}`)
    this.#listener.onState('live')
    const reader = response.body.getReader()
    const decoder = new TextDecoder()
    for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) await this.#take(decoder.decode(value, { stream: true }))
  }

  async #take(text: string): Promise<void> {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    const data = lines.filter((line) => line.startsWith('data: {')).map((line) => line.slice('data: '.length))
    this.#count += data.filter((line) => !line.startsWith(passingStart)).length
    if (lines.includes('event: end')) this.isEnded = true
    await giveLines(data, this.#listener, this.#turns)
  }
}

/** Lines that are parsed and shown before the page gets a turn, if it is time for one. */
const batchLines = 100

/** Gives lines to a listener. They are parsed in small batches: what is not kept of them is then collected soon, and at nearly no cost. */
export async function giveLines(lines: readonly string[], listener: Pick<Listener, 'onLines'>, turns: Turns): Promise<void> {
  for (let from = 0; from < lines.length; from += batchLines) {
    listener.onLines(lines.slice(from, from + batchLines).flatMap((line) => parsePageLine(line) ?? []))
    await turns.give()
  }
}
