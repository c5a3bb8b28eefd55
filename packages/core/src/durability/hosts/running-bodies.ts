import type { Json } from '../../contract/json.ts'
import { newId } from '../../support/hash.ts'

/** What a body throws that was aborted before it began. */
export const notStarted: Error = new Error('The operation was not started.')

/** What a process knows about the body of one operation. Without an entry it knows nothing. */
type BodyState =
  | { readonly state: 'running'; readonly ended: Promise<Json> }
  /** Only of a `once` operation: its value is kept until the engine has recorded it. */
  | { readonly state: 'ended'; readonly value: Json }
  /** Only of a `once` operation: the engine has its value. */
  | { readonly state: 'recorded' }

const unknownOutcome: Json = { unknown: true }
const maxBodies = 10_000
/** An execution that is behind may ask for an operation that is recorded; it is behind by some operations, not by thousands. */
const maxRecorded = 1_000
const scopes = new WeakMap<object, RunningBodies>()

/**
 * The bodies of operations in this process, by the key of the operation. An engine may ask for a body again before it ended, because
 * it believes that the execution of the run that began it is lost. Such an execution joins the body, so that it does not run twice.
 *
 * | state of the key | `join` | `joinOnce` | the body returns | the body throws | `markRecorded` |
 * |---|---|---|---|---|---|
 * | none | starts the body: running | claimed here: starts the body: running; else the outcome is unknown | | | recorded |
 * | running | waits for it; after a throw, starts again | the same | none; of `once`: ended | none; of `once`: ended, outcome unknown; `notStarted`: none | recorded |
 * | ended | | its value | | | recorded |
 * | recorded | | the outcome is unknown | | | recorded |
 *
 * A body throws only when its execution was aborted. The promise of the caller that started it then never settles, because the engine
 * must not record anything for it. Of the keys that are recorded the last 1,000 are kept. `claimStart` with 10,000 keys forgets all of
 * them and changes the claim, so that whatever was claimed before has an unknown outcome from then on.
 */
export class RunningBodies {
  readonly #bodies = new Map<string, BodyState>()
  readonly #recorded = new Set<string>()
  #claim = newId()

  /** The bodies of one connection to an engine: the same object for the same scope. */
  static of(scope: object): RunningBodies {
    const known = scopes.get(scope)
    if (known !== undefined) return known
    const made = new RunningBodies()
    scopes.set(scope, made)
    return made
  }

  /** Claims the `once` bodies of a batch. Returns what the engine records: no other process has it, nor another connection in this one. */
  claimStart(): string {
    if (this.#bodies.size >= maxBodies) this.#forgetAll()
    return this.#claim
  }

  /** Runs the body of an operation that may be repeated, or joins the one that is running. */
  join(key: string, body: () => Promise<Json>): Promise<Json> {
    const known = this.#bodies.get(key)
    // The execution that began it was aborted; this one was not, so it runs its own.
    if (known?.state === 'running') return known.ended.catch(() => this.join(key, body))
    return this.#start(key, body(), false)
  }

  /**
   * Runs the body of a `once` operation, which never starts a second time.
   *
   * @param claim - What `claimStart` returned to the execution that recorded the start of the operation.
   */
  joinOnce(key: string, claim: Json, body: () => Promise<Json>): Promise<Json> {
    const known = this.#bodies.get(key)
    if (known?.state === 'running') return known.ended.catch(() => this.joinOnce(key, claim, body))
    if (known?.state === 'ended') return Promise.resolve(known.value)
    if (known?.state === 'recorded' || claim !== this.#claim) return Promise.resolve(unknownOutcome)
    const ended = body().catch((error: unknown) => {
      if (error === notStarted) throw error
      return unknownOutcome
    })
    return this.#start(key, ended, true)
  }

  /** The engine has recorded the value of a `once` operation. */
  markRecorded(key: string): void {
    this.#bodies.set(key, { state: 'recorded' })
    this.#recorded.add(key)
    if (this.#recorded.size > maxRecorded) this.#forgetOldest()
  }

  #start(key: string, ended: Promise<Json>, isOnce: boolean): Promise<Json> {
    const running: BodyState = { state: 'running', ended }
    const end = (next: BodyState | undefined): void => {
      if (this.#bodies.get(key) !== running) return
      if (next === undefined) this.#bodies.delete(key)
      else this.#bodies.set(key, next)
    }
    this.#bodies.set(key, running)
    ended.then(
      (value) => end(isOnce ? { state: 'ended', value } : undefined),
      () => end(undefined),
    )
    return ended.catch(() => new Promise<never>(() => {}))
  }

  #forgetOldest(): void {
    for (const oldest of this.#recorded) {
      this.#recorded.delete(oldest)
      this.#bodies.delete(oldest)
      return
    }
  }

  // Runs that continued elsewhere never record theirs here.
  #forgetAll(): void {
    this.#bodies.clear()
    this.#recorded.clear()
    this.#claim = newId()
  }
}
