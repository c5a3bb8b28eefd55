import { EventEmitter } from 'eventemitter3'
import { AgentError } from '../errors.ts'
import type { RunEvent, RunEventOf, RunEventType } from '../events.ts'

/** Events held before the first consumer comes, and events that one iterator may lag behind. */
export const maxHeldEvents = 256

/** An async listener is fine: its rejection is contained like a throw, and nobody waits for it. */
export type Listener<Type extends RunEventType> = (event: RunEventOf<Type>) => unknown

/**
 * Carries the events of one run to its consumers: listeners, and one iterator. Events are held until the first consumer comes,
 * then go to all; a full hold and a lagging iterator give backpressure, listeners do not.
 */
export class EventChannel {
  readonly #emitter = new EventEmitter()
  readonly #listeners = new Map<unknown, (event: RunEvent) => void>()
  readonly #reportListener: (type: RunEventType, error: unknown) => void
  #held: RunEvent[] | undefined = []
  #iterator: EventIterator | undefined
  #hasLost = false
  #isEnded = false
  #error: AgentError | undefined
  #room: { readonly promise: Promise<void>; readonly open: () => void } | undefined

  /** @param reportListener - Told when a listener throws; the run goes on. */
  constructor(reportListener: (type: RunEventType, error: unknown) => void) {
    this.#reportListener = reportListener
  }

  /** Delivers an event. */
  push(event: RunEvent): void {
    if (this.#held === undefined) this.#deliver(event)
    else this.#held.push(event)
  }

  /** `undefined` while consumers keep up; else what to wait for before the next piece of work. */
  room(): Promise<void> | undefined {
    const waiting = this.#held?.length ?? this.#iterator?.size ?? 0
    return waiting >= maxHeldEvents && !this.#isEnded ? this.#waitForRoom() : undefined
  }

  /** No more events; the iterator ends, or throws the error after its last event. */
  end(error?: AgentError): void {
    this.#isEnded = true
    this.#error = error
    this.#iterator?.end(error)
    this.#openRoom()
  }

  on<Type extends RunEventType>(type: Type, listener: Listener<Type>): void {
    const contained = (event: RunEvent): void => {
      try {
        // The emitter calls it with events of this type alone. A listener may be async: its rejection is contained too.
        const returned: unknown = listener(event as RunEventOf<Type>)
        if (returned instanceof Promise) returned.catch((error: unknown) => this.#reportListener(type, error))
      } catch (error) {
        this.#reportListener(type, error)
      }
    }
    this.#listeners.set(listener, contained)
    this.#emitter.on(type, contained)
    this.consume()
  }

  off<Type extends RunEventType>(type: Type, listener: Listener<Type>): void {
    const contained = this.#listeners.get(listener)
    if (contained === undefined) return
    this.#emitter.off(type, contained)
    this.#listeners.delete(listener)
  }

  /**
   * The one iterator.
   *
   * @throws {AgentError} `invalid-use` for a second one, or when events are gone that it would have to show.
   */
  iterate(leave: () => void): AsyncIterableIterator<RunEvent> {
    if (this.#iterator !== undefined) {
      throw new AgentError('A run has one iterator and it is taken. Use run.on(...) for more consumers.', { code: 'invalid-use' })
    }
    if (this.#hasLost) {
      throw new AgentError('Events of this run were delivered before. Iterate in the same tick in which agent.stream() is called.', { code: 'invalid-use' })
    }
    this.#iterator = new EventIterator(() => this.#openRoom(), leave)
    this.consume()
    return this.#iterator
  }

  /** Says that somebody consumes, if only the result: held events are let go in the next microtask. */
  consume(): void {
    if (this.#held === undefined) return
    queueMicrotask(() => {
      const held = this.#held ?? []
      this.#held = undefined
      for (const event of held) this.#deliver(event)
      if (this.#isEnded) this.#iterator?.end(this.#error)
      this.#openRoom()
    })
  }

  #deliver(event: RunEvent): void {
    this.#emitter.emit(event.type, event)
    if (this.#iterator !== undefined) this.#iterator.push(event)
    else this.#hasLost = true
  }

  #waitForRoom(): Promise<void> {
    if (this.#room === undefined) {
      let open = (): void => {}
      const promise = new Promise<void>((resolve) => {
        open = resolve
      })
      this.#room = { promise, open }
    }
    return this.#room.promise
  }

  #openRoom(): void {
    this.#room?.open()
    this.#room = undefined
  }
}

type Step = IteratorResult<RunEvent>

// Written by hand: an async generator costs about half a microsecond more for each event.
class EventIterator implements AsyncIterableIterator<RunEvent> {
  readonly #queue: RunEvent[] = []
  readonly #drained: () => void
  readonly #leave: () => void
  #head = 0
  #waiting: { readonly resolve: (step: Step) => void; readonly reject: (error: AgentError) => void } | undefined
  #isEnded = false
  #error: AgentError | undefined

  constructor(drained: () => void, leave: () => void) {
    this.#drained = drained
    this.#leave = leave
  }

  get size(): number {
    return this.#queue.length - this.#head
  }

  push(event: RunEvent): void {
    if (this.#isEnded) return
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) this.#queue.push(event)
    else waiting.resolve({ value: event, done: false })
  }

  end(error: AgentError | undefined): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#error = error
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) return
    if (error === undefined) waiting.resolve({ value: undefined, done: true })
    else waiting.reject(this.#takeError() ?? error)
  }

  next(): Promise<Step> {
    const event = this.#queue[this.#head]
    if (event !== undefined) {
      this.#head++
      if (this.#head === this.#queue.length) {
        this.#queue.length = 0
        this.#head = 0
        this.#drained()
      }
      return Promise.resolve({ value: event, done: false })
    }
    const error = this.#takeError()
    if (error !== undefined) return Promise.reject(error)
    if (this.#isEnded) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  /** Leaving early aborts the run. */
  return(): Promise<Step> {
    if (!this.#isEnded) this.#leave()
    this.#isEnded = true
    this.#queue.length = 0
    this.#head = 0
    this.#error = undefined
    this.#drained()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  // An iterator throws once; after that it is done.
  #takeError(): AgentError | undefined {
    const error = this.#error
    this.#error = undefined
    return error
  }
}
