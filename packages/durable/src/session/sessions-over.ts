import type { SessionListOptions, SessionStore } from '@capstan/core'
import { checkNames, invalidOptions } from '@capstan/core/internal'
import { guarded } from '../failure.ts'

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
    append: (id, after, entry) => withStore(`Adding to the session '${id}'`, (store) => store.append(id, after, entry)),
    read: (id) => withStore(`Reading the session '${id}'`, (store) => store.read(id)),
    list: (options = {}) =>
      withStore('Listing sessions', (store) => {
        checkList(options)
        return store.list(options)
      }),
    delete: (id) => withStore(`Deleting the session '${id}'`, (store) => store.delete(id)),
  }
}

/** @throws {AgentError} `invalid-options`. */
function checkList(options: SessionListOptions): void {
  checkNames(options, { names: ['after', 'limit'], what: 'an option of list()' })
  const { limit = 1 } = options
  if (!(Number.isInteger(limit) && limit >= 1)) throw invalidOptions(`\`limit\` of list() must be a positive integer, not ${String(limit)}.`)
}
