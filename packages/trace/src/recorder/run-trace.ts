import type { RunEvent, Warning } from '@capstan/core'
import type { ExchangeLine, TracedEvent } from '../format/lines.ts'
import { writeLine } from '../format/write-line.ts'
import { DeltaSpans } from './delta-spans.ts'
import { type ContentRedaction, withoutSignatures } from './redaction.ts'
import type { LineSink } from './sink.ts'
import type { Redact } from './stream-texts.ts'

/** What the trace of one run needs of its recorder. */
export interface RunTraceParts {
  /** `undefined` for exchanges outside of any run. */
  readonly runId: string | undefined
  readonly sink: LineSink
  /** For messages. */
  readonly place: string
  readonly contents: ContentRedaction | undefined
  /** Called when lines wait to be written. */
  readonly onPending: (trace: RunTrace) => void
}

/** After these, what happened before survives a kill. */
const durable: readonly RunEvent['type'][] = ['step-end', 'run-end', 'run-error']
/** These begin or end what deltas are a part of. */
const boundaries: readonly RunEvent['type'][] = ['attempt', 'step-retry', 'message-end', 'step-end', 'run-end', 'run-error']
/** Lines that wait are written when they are so many characters. */
const maxPendingLength = 65_536

/** The trace of one run in this process: its lines, until they are written. */
export class RunTrace {
  readonly #parts: RunTraceParts
  readonly #deltas: DeltaSpans
  readonly #redactors = new Set<Redact>()
  #pending: string[] = []
  #pendingLength = 0
  #openExchanges = 0
  #isEnded = false
  #failure: Warning | undefined
  #isReported = false

  constructor(parts: RunTraceParts) {
    this.#parts = parts
    this.#deltas = new DeltaSpans(parts.contents !== undefined)
  }

  /** Takes an event of the run. Returns a failure that was not reported yet. */
  addEvent(event: RunEvent): Warning | undefined {
    if (this.#failure === undefined) this.#takeEvent(event)
    if (event.type === 'run-end' || event.type === 'run-error') this.#end()
    return this.takeFailure()
  }

  /** An exchange has begun; its credentials are replaced in everything that is written from now on. */
  beginExchange(redact: Redact): void {
    this.#openExchanges += 1
    this.addRedactor(redact)
  }

  addRedactor(redact: Redact): void {
    this.#redactors.add(redact)
  }

  /** Adds the line of an exchange that has ended. */
  endExchange(line: ExchangeLine): void {
    this.#openExchanges -= 1
    if (this.#failure === undefined) this.write(writeLine(line))
    if (this.#isEnded && this.#openExchanges === 0) this.#parts.sink.close()
  }

  /** Replaces what must not be recorded in a body of an exchange. */
  cleanBody(text: string, kind: 'request' | 'response', redact: Redact): string {
    const { contents, runId } = this.#parts
    const clean = withoutSignatures(redact(text))
    return contents === undefined ? clean : contents.text(clean, { kind, ...(runId !== undefined && { runId }) })
  }

  /**
   * Writes the lines that wait.
   *
   * @param last - A line to write after them, without secrets.
   */
  write(last = ''): void {
    if (this.#pending.length === 0 && last === '') return
    const text = this.#withoutSecrets(this.#pending.join('')) + last
    this.#pending = []
    this.#pendingLength = 0
    try {
      this.#parts.sink.append(text)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** A failure that nobody was told of yet. */
  takeFailure(): Warning | undefined {
    if (this.#isReported || this.#failure === undefined) return undefined
    this.#isReported = true
    return this.#failure
  }

  #takeEvent(event: RunEvent): void {
    const { type } = event
    if (type === 'text-delta' || type === 'reasoning-delta' || type === 'tool-call-delta') {
      const span = this.#deltas.add(event)
      if (span !== undefined) this.#pushEvent(span)
      return
    }
    if (boundaries.includes(type)) for (const span of this.#deltas.endFor(event)) this.#pushEvent(span)
    this.#pushEvent(event)
    if (durable.includes(type)) this.write()
  }

  #pushEvent(event: TracedEvent): void {
    const { contents } = this.#parts
    const json = JSON.stringify(event)
    // What the caller redacts has no secrets any more. Otherwise all lines of a step are searched at once.
    const clean = contents === undefined ? json : contents.event(this.#withoutSecrets(json), event.runId)
    this.#push(`{"type":"event","event":${clean}}\n`)
  }

  #withoutSecrets(text: string): string {
    let clean = text
    for (const redact of this.#redactors) clean = redact(clean)
    return withoutSignatures(clean)
  }

  #push(line: string): void {
    this.#pending.push(line)
    this.#pendingLength += line.length
    if (this.#pendingLength > maxPendingLength) this.write()
    else if (this.#pending.length === 1) this.#parts.onPending(this)
  }

  #end(): void {
    this.#isEnded = true
    if (this.#openExchanges === 0) this.#parts.sink.close()
  }

  #fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#failure = {
      code: 'trace-failed',
      message: `The trace in ${this.#parts.place} could not be written, so the rest of this run is not recorded: ${reason}`,
    }
  }
}
