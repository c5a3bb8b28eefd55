import type { RunEvent, RunEventOf } from '@capstan/core'
import type { TracedEvent } from '../format/lines.ts'

type DeltaEvent = RunEventOf<'text-delta' | 'reasoning-delta' | 'tool-call-delta'>

/** Deltas of one message that follow each other. */
interface Span {
  readonly first: DeltaEvent
  readonly agent: string
  readonly deltas: string[]
  size: number
  endAt: number
}

/** A span is written after this time, so that a long reply can be followed, and after as many characters, so that memory is bounded. */
const maxSpanMs = 1_000
const maxSpanLength = 65_536

/** The end of a text that may be the beginning of a key, of another form of one, or of the signature of a state. */
const mayGoOn = /(?:\\*"signature(?:\\*"\s*(?::\s*)?)?)?\\*"?[\w.+/=%~\\-]*$/
/** Longer ones are neither. */
const longestHeld = 2_048

/** Joins the deltas of each attempt. */
export class DeltaSpans {
  readonly #open = new Map<string, Span>()
  readonly #isWhole: boolean
  /** The span of the newest delta: nearly always that of the next one, too. */
  #last: Span | undefined

  /** @param isWhole - True to join all deltas of an attempt, however long it takes. */
  constructor(isWhole: boolean) {
    this.#isWhole = isWhole
  }

  /** Takes a delta; returns the span that it ends, if it ends one. */
  add(event: DeltaEvent): readonly TracedEvent[] {
    const span = this.#spanOf(event)
    span.deltas.push(event.delta)
    span.size += event.delta.length
    span.endAt = event.at
    if (this.#isWhole || (span.endAt - span.first.at < maxSpanMs && span.size < maxSpanLength)) return none
    return this.#cut(span, event)
  }

  /** Ends a span where no secret can be cut: what may be the beginning of one begins the next span. */
  #cut(span: Span, event: DeltaEvent): readonly TracedEvent[] {
    const text = span.deltas.join('')
    const held = text.slice(-longestHeld).search(mayGoOn)
    const kept = held < 0 ? text : text.slice(0, Math.max(0, text.length - longestHeld) + held)
    if (kept === '') return none
    const rest = text.slice(kept.length)
    const key = keyOf(span.first, span.agent)
    const next = { first: event, agent: span.agent, deltas: [rest], size: rest.length, endAt: event.at }
    if (rest === '') this.#open.delete(key)
    else this.#open.set(key, next)
    this.#last = rest === '' ? undefined : next
    return [{ ...span.first, delta: kept, endAt: span.endAt }]
  }

  /** Ends the spans of the agent that an event comes from, or all of them at the end of the run. In the order in which they began. */
  endFor(event: RunEvent): readonly TracedEvent[] {
    if (this.#open.size === 0) return none
    const isLast = event.type === 'run-end' || event.type === 'run-error'
    const agent = agentOf(event)
    const ended: TracedEvent[] = []
    for (const [key, span] of this.#open) {
      if (!isLast && span.agent !== agent) continue
      this.#open.delete(key)
      ended.push(joined(span))
    }
    this.#last = undefined
    return ended
  }

  #spanOf(event: DeltaEvent): Span {
    const last = this.#last
    if (last !== undefined && isSame(last.first, event) && last.agent === agentOf(event)) return last
    const agent = agentOf(event)
    const key = keyOf(event, agent)
    let span = this.#open.get(key)
    if (span === undefined) {
      span = { first: event, agent, deltas: [], size: 0, endAt: event.at }
      this.#open.set(key, span)
    }
    this.#last = span
    return span
  }
}

const none: readonly TracedEvent[] = []

function isSame(left: DeltaEvent, right: DeltaEvent): boolean {
  return left.type === right.type && left.step === right.step && left.attempt === right.attempt && indexOf(left) === indexOf(right)
}

function keyOf(event: DeltaEvent, agent: string): string {
  return `${event.type} ${event.step} ${event.attempt} ${indexOf(event)} ${agent}`
}

function indexOf(event: DeltaEvent): number {
  return event.type === 'tool-call-delta' ? event.index : 0
}

function agentOf({ path }: RunEvent): string {
  return path === undefined ? '' : path.join('/')
}

function joined({ first, deltas, endAt }: Span): TracedEvent {
  return { ...first, delta: deltas.join(''), endAt }
}
