import { type PageLine, passingStart } from '../src/viewer/lines.ts'
import { parsePageLine } from '../src/viewer/parse-line.ts'
import type { Listener } from './feed.ts'

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
    for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) this.#take(decoder.decode(value, { stream: true }))
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    const data = lines.filter((line) => line.startsWith('data: {')).map((line) => line.slice('data: '.length))
    this.#count += data.filter((line) => !line.startsWith(passingStart)).length
    if (lines.includes('event: end')) this.isEnded = true
    if (data.length > 0) this.#listener.onLines(data.flatMap((line) => parsePageLine(line) ?? []))
  }
}

/** The lines of a report. */
export function parseLines(text: string): readonly PageLine[] {
  return text.split('\n').flatMap((line) => parsePageLine(line) ?? [])
}
