import { EventEmitter } from 'eventemitter3'
import { AgentError } from '../contract/errors.ts'
import type { RunEvent, RunEventOf, RunEventType } from '../contract/events.ts'
import { EventIterator } from './event-iterator.ts'

/** Events held before the first consumer comes, and events that one iterator may lag behind, until the run waits. */
export const maxHeldEvents = 256

/** An async listener is fine: its rejection is contained like a throw, and nobody waits for it. */
export type Listener<Type extends RunEventType> = (event: RunEventOf<Type>) => unknown

/**
 * Carries the events of one run to its consumers: listeners, and one iterator. Events are held until the first consumer comes,
 * then go to all; a full hold and a lagging iterator give backpressure, listeners do not.
 */
export class EventChannel {
  readonly #emitter = new EventEmitter()
  /** By type and listener, what the emitter calls in its place. */
  #listeners: Map<RunEventType, Map<unknown, (event: RunEvent) => void>> | undefined
  readonly #reportListener: (type: RunEventType, error: unknown) => void
  readonly #pending: RunEvent[] = []
  #isHolding = true
  #isDelivering = false
  #iterator: EventIterator | undefined
  #hasLost = false
  #isEnded = false
  #error: AgentError | undefined
  #room: { readonly promise: Promise<void>; readonly open: () => void } | undefined

  /** @param reportListener - Told when a listener throws; the run goes on. */
  constructor(reportListener: (type: RunEventType, error: unknown) => void) {
    this.#reportListener = reportListener
  }

  /** Delivers an event. What listeners cause meanwhile comes after it. */
  push(event: RunEvent): void {
    if (this.#isHolding || this.#isDelivering) this.#pending.push(event)
    else this.#deliver(event)
  }

  /** `undefined` while consumers keep up; else what to wait for before the next piece of work. */
  room(): Promise<void> | undefined {
    const waiting = this.#isHolding ? this.#pending.length : (this.#iterator?.size ?? 0)
    return waiting >= maxHeldEvents && !this.#isEnded ? this.#waitForRoom() : undefined
  }

  /** No more events; the iterator ends, or throws the error after its last event. */
  end(error?: AgentError): void {
    this.#isEnded = true
    this.#error = error
    if (!this.#isHolding) this.#iterator?.end(error)
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
    this.off(type, listener)
    this.#listeners ??= new Map()
    const ofType = this.#listeners.get(type) ?? new Map<unknown, (event: RunEvent) => void>()
    this.#listeners.set(type, ofType.set(listener, contained))
    this.#emitter.on(type, contained)
    this.consume()
  }

  off<Type extends RunEventType>(type: Type, listener: Listener<Type>): void {
    const contained = this.#listeners?.get(type)?.get(listener)
    if (contained === undefined) return
    this.#emitter.off(type, contained)
    this.#listeners?.get(type)?.delete(listener)
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
    if (!this.#isHolding) return
    queueMicrotask(() => {
      if (!this.#isHolding) return
      this.#isHolding = false
      this.#deliver(this.#pending.shift())
      if (this.#isEnded) this.#iterator?.end(this.#error)
      this.#openRoom()
    })
  }

  #deliver(first: RunEvent | undefined): void {
    this.#isDelivering = true
    for (let event = first; event !== undefined; event = this.#pending.shift()) {
      this.#emitter.emit(event.type, event)
      if (this.#iterator === undefined) this.#hasLost = true
      else this.#iterator.push(event)
    }
    this.#isDelivering = false
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
