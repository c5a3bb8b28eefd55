import { randomBytes } from 'node:crypto'
import type { ServerEvent } from '../protocol.ts'

/** An event with its position in the log. */
export interface Frame {
  /** Names the log and the position: `<log>.<n>`. A reader continues after it. Absent for events that are not of the run. */
  readonly id?: string
  /** The position; as `id`. */
  readonly n?: number
  readonly event: ServerEvent
}

/** What all deltas of one text have in common. */
export type DeltaHead = Omit<Extract<ServerEvent, { type: 'text-delta' | 'reasoning-delta' }>, 'delta'>

/** What an event is about, for the rules by which events leave the log. */
export interface FrameRules {
  /** The message or the call that the event belongs to. */
  readonly subject?: string
  /** True for an event that the end of its subject replaces. */
  readonly isTransient?: boolean
}

interface DeltaEntry {
  readonly n: number
  readonly head: DeltaHead
  readonly subject: string
  readonly delta: string
}

interface EventEntry extends FrameRules {
  readonly n: number
  readonly event: ServerEvent
}

/** Progress events of one call that are kept; of more the newest count. */
const maxTransient = 100
/** How much a log holds, in characters of texts; beyond it the oldest half leaves, and readers get it from the journal. */
const maxLogCharacters = 8_388_608
/** How much of a text one read returns, in characters: more readers get their turn, and a socket is not filled at once. */
const maxReadCharacters = 32_768

/**
 * The events of one run, for any number of readers, each at its own speed. Events that later ones replace leave the log, so it holds what is
 * complete, and the deltas of what is not: a reader who is late or slow gets the complete message instead of its deltas. Positions only grow.
 */
export class FrameLog {
  /** Another log of the same run, such as in another process, has another id. */
  readonly id: string = randomBytes(6).toString('base64url')
  #entries: (DeltaEntry | EventEntry)[] = []
  /** Entries that may leave the log, by subject. */
  readonly #transient = new Map<string, number>()
  readonly #waiting = new Set<() => void>()
  #last = 0
  #floor = 0
  #size = 0
  #readers = 0
  #isEnded = false
  #isClosed = false

  /** The position of the newest event; 0 before the first. */
  get last(): number {
    return this.#last
  }

  /** The newest position whose event has left the log for want of room; 0 while it is complete. */
  get floor(): number {
    return this.#floor
  }

  /** True when no event will follow. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** True when the log was given up before the run ended: its readers must connect again. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** How many readers follow the log now. */
  get readers(): number {
    return this.#readers
  }

  /** Adds a part of a text. */
  appendDelta(head: DeltaHead, subject: string, delta: string): void {
    this.#add({ n: ++this.#last, head, subject, delta }, subject)
  }

  append(event: ServerEvent, { subject, isTransient = false }: FrameRules = {}): void {
    const kept = isTransient ? subject : undefined
    this.#add({ n: ++this.#last, event, ...(subject !== undefined && { subject }), isTransient }, kept)
    if (kept !== undefined && (this.#transient.get(kept) ?? 0) > maxTransient) this.#dropOldest(kept)
  }

  /** Removes what is void, or what the next event replaces. */
  voidTransient(subject: string): void {
    if (!this.#transient.delete(subject)) return
    this.#entries = this.#entries.filter((entry) => !isTransientOf(entry, subject))
    this.#size = this.#entries.reduce((size, entry) => size + sizeOf(entry), 0)
  }

  /** Says that no event will follow. */
  end(): void {
    this.#isEnded = true
    this.wake()
  }

  /** Gives the log up before the run has ended. */
  close(): void {
    this.#isClosed = true
    this.wake()
  }

  /** The position in the text of a cursor; `undefined` for a cursor of another log, or for none. */
  positionOf(cursor: string | undefined): number | undefined {
    const [, log, n] = /^([\w-]{1,32})\.(\d{1,15})$/.exec(cursor ?? '') ?? []
    return log === this.id && Number(n) <= this.#last && Number(n) >= this.#floor ? Number(n) : undefined
  }

  /** True when the log has an end event of this message or call. */
  has(event: ServerEvent): boolean {
    const wanted = subjectOf(event)
    return wanted !== undefined && this.#entries.some((entry) => 'event' in entry && subjectOf(entry.event) === wanted)
  }

  /** Events after a position, deltas of one text joined; an empty list when there are none. */
  read(after: number): readonly Frame[] {
    const frames: Frame[] = []
    let size = 0
    for (let index = this.#indexAfter(after); index < this.#entries.length && size < maxReadCharacters; index++) {
      const entry = this.#entries[index]
      if (entry === undefined) break
      if ('event' in entry) {
        frames.push({ id: this.#idOf(entry.n), n: entry.n, event: entry.event })
        size += 1024
        continue
      }
      const { delta, end } = this.#joinFrom(index, entry, maxReadCharacters - size)
      const n = this.#entries[end]?.n ?? entry.n
      frames.push({ id: this.#idOf(n), n, event: { ...entry.head, delta } })
      index = end
      size += delta.length
    }
    return frames
  }

  /** Waits for an event after a position, for the end, or for `wake`. */
  async wait(after: number): Promise<void> {
    if (this.#last > after || this.#isEnded || this.#isClosed) return
    await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  /** Lets everybody who waits look again: one of them may have left. */
  wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resolve of waiting) resolve()
  }

  /**
   * Counts a reader, who is woken when it leaves.
   *
   * @returns What ends it.
   */
  enter(signal: AbortSignal): () => void {
    const wake = (): void => this.wake()
    signal.addEventListener('abort', wake)
    this.#readers++
    let isIn = true
    return () => {
      if (!isIn) return
      isIn = false
      this.#readers--
      signal.removeEventListener('abort', wake)
    }
  }

  #joinFrom(start: number, first: DeltaEntry, room: number): { readonly delta: string; readonly end: number } {
    let { delta } = first
    let end = start
    for (;;) {
      const next = this.#entries[end + 1]
      if (next === undefined || !('head' in next) || next.head !== first.head || delta.length >= room) return { delta, end }
      delta += next.delta
      end++
    }
  }

  #add(entry: DeltaEntry | EventEntry, transient: string | undefined): void {
    this.#entries.push(entry)
    this.#size += sizeOf(entry)
    if (this.#size > maxLogCharacters) this.#dropHalf()
    if (transient !== undefined) this.#transient.set(transient, (this.#transient.get(transient) ?? 0) + 1)
    this.wake()
  }

  #dropHalf(): void {
    let count = 0
    // The newest event stays, however large it is.
    for (; this.#size > maxLogCharacters / 2 && count < this.#entries.length - 1; count++) {
      const entry = this.#entries[count]
      if (entry === undefined) break
      this.#size -= sizeOf(entry)
      this.#floor = entry.n
    }
    this.#entries.splice(0, count)
  }

  #dropOldest(subject: string): void {
    const index = this.#entries.findIndex((entry) => isTransientOf(entry, subject))
    if (index < 0) return
    for (const dropped of this.#entries.splice(index, 1)) this.#size -= sizeOf(dropped)
    this.#transient.set(subject, (this.#transient.get(subject) ?? 1) - 1)
  }

  #indexAfter(after: number): number {
    let [low, high] = [0, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#entries[middle]?.n ?? 0) <= after) low = middle + 1
      else high = middle
    }
    return low
  }

  #idOf(n: number): string {
    return `${this.id}.${n}`
  }
}

function isTransientOf(entry: DeltaEntry | EventEntry, subject: string): boolean {
  return entry.subject === subject && ('head' in entry || entry.isTransient === true)
}

/** What an entry holds, in characters. */
function sizeOf(entry: DeltaEntry | EventEntry): number {
  if ('head' in entry) return entry.delta.length
  const { event } = entry
  switch (event.type) {
    case 'tool-end':
      return event.text.length
    case 'message-end':
      return event.parts.reduce((size, part) => size + (part.type === 'tool-call' ? JSON.stringify(part.input).length : part.text.length), 0)
    case 'tool-start':
      return JSON.stringify(event.input).length
    case 'tool-progress':
      return JSON.stringify(event.data).length
    default:
      return 0
  }
}

function subjectOf(event: ServerEvent): string | undefined {
  if (event.type === 'tool-end') return event.key
  return event.type === 'message-end' ? [...(event.path ?? []), event.step].join(' ') : undefined
}
