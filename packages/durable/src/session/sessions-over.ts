import { guarded } from '../failure.ts'
import type { SessionStore } from './session-store.ts'

/**
 * Sessions over a store, which is loaded at the first use. What the store throws becomes `journal-failed`.
 *
 * @param path - The file or folder of the store, for errors.
 */
export function sessionsOver(load: () => Promise<SessionStore>, path?: string): SessionStore {
  let loaded: Promise<SessionStore> | undefined
  const withStore = <Result>(what: string, work: (store: SessionStore) => Promise<Result>): Promise<Result> => {
    const loadAndWork = async (): Promise<Result> => {
      loaded ??= load()
      return await work(await loaded)
    }
    return guarded(what, loadAndWork, path)
  }
  return {
    append: (id, after, messages) => withStore(`Adding to the session '${id}'`, (store) => store.append(id, after, messages)),
    read: (id) => withStore(`Reading the session '${id}'`, (store) => store.read(id)),
    list: () => withStore('Listing sessions', (store) => store.list()),
    delete: (id) => withStore(`Deleting the session '${id}'`, (store) => store.delete(id)),
    fork: (id, newId) => withStore(`Forking the session '${id}'`, (store) => store.fork(id, newId)),
  }
}
