import { newId } from '../hash.ts'
import type { Json } from '../json.ts'

/** Bodies of operations that are under way in this process, by operation key: an engine may ask for one again before it ended. */
export interface OpenBodies {
  /** Stands for these bodies in what engines record: no other process has them, nor another connection in this one. */
  readonly owner: string
  /** The body that is under way, or this one. It stays open for good when it was aborted. */
  join(key: string, body: () => Promise<Json>): Promise<Json>
  /** The same for a `once` operation, whose body never starts a second time: also what has ended is given again, until it is closed. */
  joinOnce(key: string, owner: Json, body: () => Promise<Json>): Promise<Json>
  /** The engine has recorded the value. */
  close(key: string): void
}

const unknown: Json = { unknown: true }
const maxOpen = 10_000
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
  let id = newId()
  return {
    get owner() {
      return id
    },
    join(key, body) {
      const joined = bodies.get(key)
      if (joined !== undefined) return joined
      const started = body().catch(() => {
        bodies.delete(key)
        return new Promise<never>(() => {})
      })
      bodies.set(key, started)
      // What is not `once` may run again, so nothing is kept of it.
      void started.then(() => bodies.delete(key))
      return started
    },
    joinOnce(key, owner, body) {
      const joined = bodies.get(key)
      if (joined !== undefined) return joined
      if (owner !== id) return Promise.resolve(unknown)
      if (bodies.size >= maxOpen) {
        // Runs that went on elsewhere never close theirs. What was started before is unknown from here on.
        bodies.clear()
        id = newId()
      }
      const started = body().catch(() => unknown)
      bodies.set(key, started)
      return started
    },
    close: (key) => void bodies.delete(key),
  }
}
