import type { EventLine, ExchangeLine, NoteLine, PageLine, QuestionLine, RunLine } from '../lines.ts'
import { applyEvent } from './apply-event.ts'
import { DraftRow, DraftScope } from './draft.ts'
import type { Row } from './row.ts'

/** The most notes that are kept. */
const maxNotes = 20

const none: readonly string[] = []

/** The rows of the runs of one trace, built from its lines as they come. */
export class RunModel {
  readonly #scopes = new Map<string, DraftScope>()
  readonly #roots: DraftRow[] = []
  readonly #rows: DraftRow[] = []
  readonly #exchanges: ExchangeLine[] = []
  /** Requests whose exchange is still to come, the oldest first. */
  readonly #unmatched = new Map<string, DraftRow[]>()
  readonly #notes: string[] = []
  readonly #make = (parent: DraftRow, draft: Draft): DraftRow => {
    const row = new DraftRow(this.#rows.length, parent, draft)
    this.#rows.push(row)
    return row
  }
  #lastScope: DraftScope | undefined
  #source: RunLine['source'] = 'trace'
  #lastAt: number | undefined

  /** One for each run, in the order in which they began. */
  get roots(): readonly Row[] {
    return this.#roots
  }
  /** All rows, by `id`. */
  get rows(): readonly Row[] {
    return this.#rows
  }
  /** By `id`. */
  get exchanges(): readonly ExchangeLine[] {
    return this.#exchanges
  }
  /** What the reader of the file had to say. */
  get notes(): readonly string[] {
    return this.#notes
  }
  get source(): RunLine['source'] {
    return this.#source
  }
  /** The newest time that was recorded. */
  get lastAt(): number | undefined {
    return this.#lastAt
  }

  add(lines: readonly PageLine[]): void {
    for (const line of lines) this.#add(line)
  }

  /** Nothing more will come: what is still open was cut. */
  end(): void {
    for (const row of this.#rows) if (row.status === 'open') row.close('cut', this.#lastAt)
  }

  #add(line: PageLine): void {
    switch (line.type) {
      case 'event':
        return this.#addEvent(line)
      case 'exchange':
        return this.#addExchange(line)
      case 'run':
        return this.#begin(line)
      case 'question':
        return this.#addQuestion(line)
      case 'note':
        return this.#addNote(line)
    }
  }

  #begin({ runId, source, agent, input, instructions }: RunLine): void {
    this.#source = source
    const scope = this.#scopeOf(runId, [])
    if (agent !== undefined) scope.row.name = agent
    if (input !== undefined) scope.input = input
    if (instructions !== undefined) scope.instructions = instructions
  }

  #addEvent(line: EventLine): void {
    const { event } = line
    this.#reach(event.endAt ?? event.at)
    const { runId, path = none, at = 0, endAt = at } = event
    const scope = this.#scopeOf(runId, path)
    const run = path.length === 0 ? scope : this.#scopeOf(runId, none)
    // Requests of a process that died have no exchanges.
    if (event.type === 'run-start' && run.lastAt !== undefined) this.#forgetRequestsOf(runId)
    const row = applyEvent(line, scope, this.#make)
    if (endAt > (run.lastAt ?? 0)) run.lastAt = endAt
    if (event.type !== 'attempt' || row === undefined) return
    const key = matchKey({ ...event, isSummary: event.reason === 'summary' })
    const waiting = this.#unmatched.get(key)
    if (waiting === undefined) this.#unmatched.set(key, [row])
    else waiting.push(row)
  }

  #forgetRequestsOf(runId: string): void {
    for (const key of this.#unmatched.keys()) if (key.startsWith(`${runId}\n`)) this.#unmatched.delete(key)
  }

  #addExchange(exchange: ExchangeLine): void {
    this.#exchanges[exchange.id] = exchange
    this.#reach(exchange.endAt)
    const row = this.#unmatched.get(matchKey({ ...exchange, isSummary: exchange.summary === true }))?.shift() ?? this.#requestOutside(exchange)
    row.exchange = exchange
    // Without an event, such as in a tape, the exchange says how it went.
    if (row.recorded.length > 0) return
    row.status = exchange.error === undefined && (exchange.status ?? 0) < 400 ? 'ok' : 'failed'
    row.to = exchange.endAt
    row.scope.row.extend(exchange.at, exchange.endAt)
  }

  #reach(at: number | undefined): void {
    if (at !== undefined && at > (this.#lastAt ?? 0)) this.#lastAt = at
  }

  #requestOutside(exchange: ExchangeLine): DraftRow {
    const scope = this.#scopeOf(exchange.runId, exchange.path ?? [])
    const parent = (exchange.step === undefined ? undefined : scope.steps.get(exchange.step)) ?? scope.row
    const name = modelOf(exchange) ?? pathOf(exchange.url)
    return this.#make(parent, { kind: 'request', name, from: exchange.at, step: exchange.step ?? 0, number: exchange.attempt })
  }

  #addQuestion(line: QuestionLine): void {
    const runId = line.runId ?? this.#roots.at(-1)?.scope.runId ?? ''
    const scope = this.#scopeOf(runId, line.path ?? none)
    const paused = pausedFor(line, this.#scopeOf(runId, none).row)
    if (paused !== undefined) {
      // The wait began when the run paused, and ended when it was resumed.
      paused.question = line
      return
    }
    const row =
      scope.questions.get(line.key) ??
      this.#make(scope.stepRow(line.step) ?? scope.row, { kind: 'person', name: 'waits for a person', from: askedAt(line, scope.row), step: line.step })
    scope.questions.set(line.key, row)
    row.question = line
    row.status = line.answer === undefined ? 'waiting' : 'ok'
    row.to = line.answeredAt
  }

  #addNote({ message }: NoteLine): void {
    if (this.#notes.length < maxNotes) this.#notes.push(message)
    else this.#notes[maxNotes] = 'There are more problems in this file.'
  }

  #scopeOf(runId: string, path: readonly string[]): DraftScope {
    // Nearly always that of the event before.
    const last = this.#lastScope
    if (last !== undefined && path.length === 0 && last.path.length === 0 && last.runId === runId) return last
    const scope = this.#findScope(runId, path)
    this.#lastScope = scope
    return scope
  }

  #findScope(runId: string, path: readonly string[]): DraftScope {
    const key = [runId, ...path].join('\n')
    const found = this.#scopes.get(key)
    if (found !== undefined) return found
    const scope = path.length === 0 ? this.#root(runId) : new DraftScope(runId, path, this.#callOf(runId, path))
    this.#scopes.set(key, scope)
    return scope
  }

  #root(runId: string): DraftScope {
    const row = new DraftRow(this.#rows.length, undefined, { kind: 'run', name: 'run', step: 0 })
    const scope = new DraftScope(runId, [], row)
    row.scope = scope
    this.#rows.push(row)
    this.#roots.push(row)
    return scope
  }

  /** The row of the call that an agent answers: its path names the tool and which of the calls of that tool it is. */
  #callOf(runId: string, path: readonly string[]): DraftRow {
    const parent = this.#scopeOf(runId, path.slice(0, -1))
    const [, tool = '', number = '1'] = /^(.*)#(\d+)$/s.exec(path.at(-1) ?? '') ?? []
    const calls = parent.callsOf(tool)
    return calls[Number(number) - 1] ?? calls.at(-1) ?? this.#make(parent.row, { kind: 'tool', name: path.at(-1) ?? '', step: 0 })
  }
}

/** The row of the pause in which a question was answered, if the run ended for it and was resumed. */
function pausedFor({ key }: QuestionLine, { children }: DraftRow): DraftRow | undefined {
  return children.findLast(({ kind, pending }) => kind === 'person' && pending.some(({ position }) => position === key))
}

/** When a question was asked. An engine may end the process that waits: the next one, which gets the answer, asks again. */
function askedAt({ askedAt: at, answeredAt }: QuestionLine, { children }: DraftRow): number | undefined {
  const gap = children.findLast(({ kind, name }) => kind === 'wait' && name === 'no process')
  const isInGap = gap?.from !== undefined && gap.to !== undefined && answeredAt !== undefined && answeredAt >= gap.from && answeredAt <= gap.to
  return isInGap ? gap.from : at
}

type Draft = ConstructorParameters<typeof DraftRow>[2]

interface RequestPlace extends Pick<ExchangeLine, 'runId' | 'path' | 'step' | 'attempt'> {
  readonly isSummary: boolean
}

function matchKey({ runId, path = [], step, attempt, isSummary }: RequestPlace): string {
  return [runId, ...path, step, attempt, isSummary].join('\n')
}

/** The model that a request named, where it says so. */
function modelOf({ request }: ExchangeLine): string | undefined {
  const model = request?.parameters?.['model']
  return typeof model === 'string' ? model : undefined
}

function pathOf(url: string): string {
  return /^\w+:\/\/[^/]*(\/[^?#]*)/.exec(url)?.[1] ?? url
}
