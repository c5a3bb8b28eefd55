import type { RunEvent, TracedAnswer, Warning } from '@capstan/core'
import type { AnswerLine, ExchangeLine, TracedEvent } from '../format/lines.ts'
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

/** Events before something that takes long or may end the process: a tool, a request, a delay before one. */
const writesExchange: ReadonlySet<RunEvent['type']> = new Set(['tool-start', 'attempt', 'step-retry'])

/** Lines that wait are written when they are so many characters. */
const maxWaitingLength = 65_536

/** The trace of one run in this process: its lines, until they are written. */
export class RunTrace {
  readonly #parts: RunTraceParts
  readonly #deltas: DeltaSpans
  readonly #redactors = new Set<Redact>()
  /** Lines without secrets that wait to be written, and lines of events after them that were not searched for secrets yet. */
  #clean = ''
  #unsearched = ''
  /** True while an exchange that has ended waits to be written. */
  #hasExchange = false
  #openExchanges = 0
  /** Time of the newest event. */
  lastAt = 0
  #isEnded = false
  #failure: Warning | undefined
  #isReported = false

  constructor(parts: RunTraceParts) {
    this.#parts = parts
    this.#deltas = new DeltaSpans(parts.contents !== undefined)
  }

  /** Takes an event of the run. Returns a failure that was not reported yet. */
  addEvent(event: RunEvent): Warning | undefined {
    this.lastAt = event.at
    if (this.#failure === undefined) this.#takeEvent(event)
    if (event.type === 'run-end' || event.type === 'run-error') this.#end()
    return this.takeFailure()
  }

  addAnswer(answer: TracedAnswer): void {
    if (this.#failure === undefined) this.#push(`${this.#jsonOf({ type: 'answer', ...answer })}\n`)
  }

  /** An exchange has begun; its credentials are replaced in everything that is written from now on. */
  beginExchange(redact: Redact): void {
    this.#openExchanges += 1
    this.addRedactor(redact)
  }

  addRedactor(redact: Redact): void {
    this.#redactors.add(redact)
  }

  /**
   * Adds the line of an exchange that has ended. It is written with the next line of the run that must survive: before a tool runs, before the
   * next request is sent or waited for, or at the end of the step.
   */
  endExchange(line: ExchangeLine): void {
    this.#openExchanges -= 1
    if (this.#failure === undefined) {
      const wasEmpty = this.#waitingLength === 0
      this.#search()
      this.#clean += writeLine(line)
      this.#hasExchange = true
      // Nothing follows outside of a run, or after its end.
      if (this.#isEnded || this.#parts.runId === undefined) this.write()
      else this.#wait(wasEmpty)
    }
    if (this.#isEnded && this.#openExchanges === 0) this.#parts.sink.close()
  }

  /** Replaces what must not be recorded in a body of an exchange. */
  cleanBody(text: string, kind: 'request' | 'response', redact: Redact): string {
    const { contents, runId } = this.#parts
    const clean = withoutSignatures(redact(text))
    return contents === undefined ? clean : contents.text(clean, { kind, ...(runId !== undefined && { runId }) })
  }

  /** Writes the lines that wait. */
  write(): void {
    if (this.#waitingLength === 0) return
    this.#search()
    const text = this.#clean
    this.#clean = ''
    this.#hasExchange = false
    try {
      this.#parts.sink.append(text)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Closes the file of a run that has not ended. If it continues, it gets another one. */
  leave(): void {
    this.write()
    this.#parts.sink.close()
  }

  /** A failure that nobody was told of yet. */
  takeFailure(): Warning | undefined {
    if (this.#isReported || this.#failure === undefined) return undefined
    this.#isReported = true
    return this.#failure
  }

  #takeEvent(event: RunEvent): void {
    switch (event.type) {
      case 'text-delta':
      case 'reasoning-delta':
      case 'tool-call-delta':
        return this.#pushAll(this.#deltas.add(event))
      case 'step-end':
      case 'run-end':
      case 'run-error':
        this.#pushAll(this.#deltas.endFor(event))
        this.#pushEvent(event)
        return this.write()
      case 'attempt':
      case 'step-retry':
      case 'message-end':
        this.#pushAll(this.#deltas.endFor(event))
        this.#pushEvent(event)
        break
      default:
        this.#pushEvent(event)
    }
    if (this.#hasExchange && writesExchange.has(event.type)) this.write()
  }

  #pushAll(events: readonly TracedEvent[]): void {
    for (const event of events) this.#pushEvent(event)
  }

  #pushEvent(event: TracedEvent): void {
    this.#push(`{"type":"event","event":${this.#jsonOf(event)}}\n`)
  }

  #push(line: string): void {
    const wasEmpty = this.#waitingLength === 0
    this.#unsearched += line
    this.#wait(wasEmpty)
  }

  /** What the caller redacts has no secrets any more. Otherwise all lines of a step are searched at once. */
  #jsonOf(value: TracedEvent | AnswerLine): string {
    const { contents } = this.#parts
    const json = JSON.stringify(value)
    return contents === undefined ? json : contents.event(this.#withoutSecrets(json), value.runId)
  }

  get #waitingLength(): number {
    return this.#clean.length + this.#unsearched.length
  }

  /** Bounds what waits, and how long it does. */
  #wait(wasEmpty: boolean): void {
    if (this.#waitingLength > maxWaitingLength) this.write()
    else if (wasEmpty) this.#parts.onPending(this)
  }

  #search(): void {
    if (this.#unsearched === '') return
    this.#clean += this.#withoutSecrets(this.#unsearched)
    this.#unsearched = ''
  }

  #withoutSecrets(text: string): string {
    let clean = text
    for (const redact of this.#redactors) clean = redact(clean)
    return withoutSignatures(clean)
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
