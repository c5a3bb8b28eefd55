import type { Json } from '../../contract/json.ts'
import { newId } from '../../support/hash.ts'

/** Bodies of operations that are under way in this process, by operation key: an engine may ask for one again before it ended. */
export interface OpenBodies {
  /** Who starts the `once` bodies of a batch, for what engines record: no other process is it, nor another connection in this one. */
  claim(): string
  /** The body that is under way, or this one. It stays open for good when it was aborted. */
  join(key: string, body: () => Promise<Json>): Promise<Json>
  /**
   * The same for a `once` operation, whose body never starts a second time: what has ended is given again until it is closed, and is
   * unknown from then on. A body that throws `notStarted` counts as none.
   */
  joinOnce(key: string, owner: Json, body: () => Promise<Json>): Promise<Json>
  /** The engine has recorded the value of a `once` operation. */
  closeOnce(key: string): void
}

/** What a body throws that was aborted before it began. */
export const notStarted: Error = new Error('The operation was not started.')

const unknown: Json = { unknown: true }
const maxOpen = 10_000
/** An execution that is behind may ask for what is closed; it is behind by some operations, not by thousands. */
const maxClosed = 1_000
const scopes = new WeakMap<object, OpenBodies>()

export function bodiesOf(scope: object): OpenBodies {
  const known = scopes.get(scope)
  if (known !== undefined) return known
  const made = openBodies()
  scopes.set(scope, made)
  return made
}

function openBodies(): OpenBodies {
  const bodies = new Map<string, Promise<Json>>()
  const closed = new Set<string>()
  let id = newId()
  const start = (key: string, body: Promise<Json>, isKept: boolean): Promise<Json> => {
    const forget = (): void => {
      if (bodies.get(key) === body) bodies.delete(key)
    }
    bodies.set(key, body)
    body.then(isKept ? () => {} : forget, forget)
    return body.catch(() => new Promise<never>(() => {}))
  }
  const join: OpenBodies['join'] = (key, body) => {
    const joined = bodies.get(key)
    // The execution that began it may be aborted; this one is not, so it runs its own.
    if (joined !== undefined) return joined.catch(() => join(key, body))
    return start(key, body(), false)
  }
  const joinOnce: OpenBodies['joinOnce'] = (key, owner, body) => {
    const joined = bodies.get(key)
    if (joined !== undefined) return joined.catch(() => joinOnce(key, owner, body))
    if (owner !== id) return Promise.resolve(unknown)
    const begun = body().catch((error: unknown) => {
      if (error === notStarted) throw error
      return unknown
    })
    return start(key, begun, true)
  }
  return {
    claim() {
      if (bodies.size >= maxOpen) {
        // Runs that went on elsewhere never close theirs. What was started before is unknown from here on.
        bodies.clear()
        closed.clear()
        id = newId()
      }
      return id
    },
    join,
    joinOnce,
    closeOnce(key) {
      bodies.set(key, Promise.resolve(unknown))
      closed.add(key)
      if (closed.size <= maxClosed) return
      for (const oldest of closed) {
        closed.delete(oldest)
        bodies.delete(oldest)
        return
      }
    },
  }
}
