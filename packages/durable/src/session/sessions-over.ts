import { guarded } from '../failure.ts'
import type { SessionStore } from './session-store.ts'

/** Sessions over a store, which is loaded at the first use. What the store throws becomes `journal-failed`. */
export function sessionsOver(load: () => Promise<SessionStore>): SessionStore {
  let loaded: Promise<SessionStore> | undefined
  const store = (): Promise<SessionStore> => {
    loaded ??= load()
    return loaded
  }
  return {
    append: (id, after, messages) => guarded(`Adding to the session '${id}'`, async () => await (await store()).append(id, after, messages)),
    read: (id) => guarded(`Reading the session '${id}'`, async () => await (await store()).read(id)),
    list: () => guarded('Listing sessions', async () => await (await store()).list()),
    delete: (id) => guarded(`Deleting the session '${id}'`, async () => await (await store()).delete(id)),
    fork: (id, newId) => guarded(`Forking the session '${id}'`, async () => await (await store()).fork(id, newId)),
  }
}
