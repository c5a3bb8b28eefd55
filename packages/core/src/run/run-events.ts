import { EventEmitter } from 'eventemitter3'
import { AgentError } from '../contract/errors.ts'
import type { OnEvent, RunEvent, RunEventBody, RunEventOf, RunEventType } from '../contract/events.ts'
import { ShownStep } from '../loop/shown-step.ts'
import { keepShape } from '../support/keep-shape.ts'
import { EventIterator, eventSize } from './event-iterator.ts'

/** Events held until the first consumer comes, and events that the iterator may lag behind; then the run waits. */
const maxHeldEvents = 256
/** The same in characters: as much as a stream of Node.js holds. */
const maxHeldSize = 65_536

/** A listener may be async: its rejection is handled like a throw, and the run does not wait for it. */
export type Listener<Type extends RunEventType> = (event: RunEventOf<Type>) => unknown

type ReportListener = (type: RunEventType, error: unknown) => void

/**
 * The events of one run: numbers them, keeps what was shown of the current step, and delivers them to the consumers, which are
 * listeners and one iterator. Events are held until the first consumer comes. A full hold and a lagging iterator give backpressure;
 * listeners do not.
 */
export class RunEvents {
  readonly #runId: string
  readonly #reportListener: ReportListener
  readonly #observers: readonly OnEvent[]
  readonly #emitter = new EventEmitter()
  /** By type and listener, the function that the emitter calls instead. */
  #listeners: Map<RunEventType, Map<unknown, (event: RunEvent) => void>> | undefined
  #seq = 0
  readonly #held: RunEvent[] = []
  #heldSize = 0
  #isHolding = true
  #isDelivering = false
  #iterator: EventIterator | undefined
  #hasLost = false
  #isEnded = false
  #error: AgentError | undefined
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined
  readonly #shown = new ShownStep()

  /**
   * @param reportListener - Called when a listener or an observer throws; the run continues.
   * @param observers - Called with every event as it happens, also while events are held. They are not consumers.
   */
  constructor(runId: string, reportListener: ReportListener, observers: readonly OnEvent[]) {
    this.#runId = runId
    this.#reportListener = reportListener
    this.#observers = observers
  }

  /** What was shown of the current step of the run itself. */
  get shown(): Pick<ShownStep, 'text' | 'reasoningText' | 'attempt'> {
    return this.#shown
  }

  /** Delivers an event; ignored after the end. Events that listeners cause come after it. */
  readonly emit = (body: RunEventBody): void => {
    if (this.#isEnded) return
    // Agents inside the run have steps of their own.
    if (!('path' in body)) this.#shown.track(body)
    this.#deliver(body)
  }

  /** Delivers the last event. The iterator then ends, or throws the error. */
  end(last: RunEventBody, error?: AgentError): void {
    this.#isEnded = true
    this.#error = error
    this.#deliver(last)
    if (!this.#isHolding) this.#iterator?.end(error)
    this.#releaseRoom()
  }

  /** `undefined` while consumers keep up; otherwise what to wait for before the next piece of work. */
  readonly room = (): Promise<void> | undefined => {
    const { length = 0, size = 0 } = this.#isHolding ? { length: this.#held.length, size: this.#heldSize } : (this.#iterator ?? {})
    return (length >= maxHeldEvents || size >= maxHeldSize) && !this.#isEnded ? this.#waitForRoom() : undefined
  }

  on<Type extends RunEventType>(type: Type, listener: Listener<Type>): void {
    // The emitter calls it only with events of this type.
    const contained = (event: RunEvent): void => this.#call((given) => listener(given as RunEventOf<Type>), event)
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
   * Returns the one iterator.
   *
   * @param cancel - Called when the consumer returns before the end.
   * @throws {AgentError} `invalid-use` for a second one, or when events were delivered that it would have to show.
   */
  iterate(cancel: () => void): AsyncIterableIterator<RunEvent> {
    if (this.#iterator !== undefined) {
      throw new AgentError('A run has one iterator and it is taken. Use run.on(...) for more consumers.', { code: 'invalid-use' })
    }
    if (this.#hasLost) {
      throw new AgentError('Events of this run were delivered before. Iterate in the same tick in which agent.stream() is called.', { code: 'invalid-use' })
    }
    this.#iterator = new EventIterator(() => this.#releaseRoom(), cancel)
    this.consume()
    return this.#iterator
  }

  /** Says that there is a consumer, even if only of the result: held events are delivered in the next microtask. */
  consume(): void {
    if (!this.#isHolding) return
    queueMicrotask(() => {
      if (!this.#isHolding) return
      this.#isHolding = false
      this.#deliverAll(this.#held.shift())
      if (this.#isEnded) this.#iterator?.end(this.#error)
      this.#releaseRoom()
    })
  }

  #deliver(body: RunEventBody): void {
    // Assigned, not copied: the error of a tool is not enumerable, and this runs for each delta.
    const event = body as RunEventBody & { runId: string; seq: number; at: number }
    event.runId = this.#runId
    event.seq = ++this.#seq
    // A replayed event has the time at which it was recorded.
    event.at ||= Date.now()
    for (const observer of this.#observers) this.#call(observer, event)
    if (!this.#isHolding && !this.#isDelivering) return this.#deliverAll(event)
    this.#held.push(event)
    this.#heldSize += eventSize(event)
  }

  #call(listener: OnEvent, event: RunEvent): void {
    try {
      const returned = listener(event)
      if (returned instanceof Promise) returned.catch((error: unknown) => this.#reportListener(event.type, error))
    } catch (error) {
      this.#reportListener(event.type, error)
    }
  }

  #deliverAll(first: RunEvent | undefined): void {
    this.#isDelivering = true
    for (let event = first; event !== undefined; event = this.#held.shift()) {
      this.#emitter.emit(event.type, event)
      if (this.#iterator === undefined) this.#hasLost = true
      else this.#iterator.push(event)
    }
    this.#heldSize = 0
    this.#isDelivering = false
  }

  #waitForRoom(): Promise<void> {
    if (this.#room === undefined) {
      let resolve = (): void => {}
      const promise = new Promise<void>((resolved) => {
        resolve = resolved
      })
      this.#room = { promise, resolve }
    }
    return this.#room.promise
  }

  #releaseRoom(): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}

const ignore = (): void => {}
const kept = new RunEvents('', ignore, [])
kept.on('text-delta', ignore)
keepShape(kept)
keepShape(new EventIterator(ignore, ignore))
