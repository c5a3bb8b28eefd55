import type { ObservedRequest, ResponseObserver, RunEvent, TracedAnswer, Tracer, Warning } from '@capstan/core'
import { ByteBudget } from './byte-budget.ts'
import { ExchangeRecording } from './exchange-recording.ts'
import type { ResolvedOptions } from './options.ts'
import { writeSoon } from './pending.ts'
import { ContentRedaction } from './redaction.ts'
import { RunTrace } from './run-trace.ts'
import type { Sink } from './sink.ts'

/**
 * From so many open runs on, those without an event for ten minutes are looked for: an engine may have suspended a run and continued it in another
 * process, and then nothing tells this one that it has ended here.
 */
const manyRuns = 100
const idleMs = 600_000
/** How many runs are looked at when one begins. */
const lookedAt = 10

/** Records runs, and exchanges outside of runs. */
export class Recorder implements Tracer {
  readonly #sink: Sink
  readonly #options: ResolvedOptions
  readonly #contents: ContentRedaction | undefined
  readonly #budget: ByteBudget
  /** Of the runs that have not ended. */
  readonly #runs = new Map<string, RunTrace>()
  /** Of exchanges outside of any run. */
  #others: RunTrace | undefined
  #exchanges = 0

  constructor(sink: Sink, options: ResolvedOptions) {
    this.#sink = sink
    this.#options = options
    this.#contents = options.redact && new ContentRedaction(options.redact)
    this.#budget = new ByteBudget(options.maxBodyBytes)
  }

  onEvent(event: RunEvent): Warning | undefined {
    const { runId } = event
    let trace = this.#runs.get(runId)
    if (trace === undefined) {
      if (this.#runs.size >= manyRuns) this.#leaveIdle(event.at)
      trace = this.#newTrace(runId)
      this.#runs.set(runId, trace)
    }
    const failure = trace.addEvent(event)
    const isLast = event.type === 'run-end' || event.type === 'run-error'
    if (isLast) this.#runs.delete(runId)
    // A run that has ended has no more warnings.
    if (isLast && failure !== undefined) warn(failure)
    return failure
  }

  onAnswer(answer: TracedAnswer): void {
    this.#runs.get(answer.runId)?.addAnswer(answer)
  }

  onRequest(request: ObservedRequest): ResponseObserver | undefined {
    const trace = this.#traceOf(request)
    const { redact } = request
    if (!this.#options.tape) {
      trace.addRedactor(redact)
      return undefined
    }
    trace.beginExchange(redact)
    this.#exchanges += 1
    return new ExchangeRecording(request, {
      id: this.#exchanges,
      isKeyed: false,
      clean: (text, kind) => trace.cleanBody(text, kind, redact),
      budget: this.#budget,
      onEnd: (line) => {
        trace.endExchange(line)
        if (trace === this.#others) warn(trace.takeFailure())
      },
    })
  }

  /** Looks at the first runs, closes the files of those that are idle, and puts the others at the end. */
  #leaveIdle(now: number): void {
    const runs = this.#runs.entries()
    for (let count = 0; count < lookedAt; count += 1) {
      const { value } = runs.next()
      if (value === undefined) return
      const [runId, trace] = value
      this.#runs.delete(runId)
      if (now - trace.lastAt > idleMs) trace.leave()
      else this.#runs.set(runId, trace)
    }
  }

  #traceOf({ origin }: ObservedRequest): RunTrace {
    // A run without events, such as that of `agent.compact()`, has no end by which its file could be closed.
    const trace = origin && this.#runs.get(origin.runId)
    if (trace !== undefined) return trace
    this.#others ??= this.#newTrace(undefined)
    return this.#others
  }

  #newTrace(runId: string | undefined): RunTrace {
    const sink = this.#sink.open(runId)
    return new RunTrace({ runId, sink, place: this.#sink.place, contents: this.#contents, onPending: writeSoon })
  }
}

function warn(failure: Warning | undefined): void {
  if (failure !== undefined) process.emitWarning(failure.message, { type: 'CapstanWarning', code: failure.code })
}
