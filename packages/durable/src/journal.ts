import { resolve } from 'node:path'
import type { ArtifactStore, Journal, RunPage } from '@capstan/core'
import { checkNames, invalidOptions } from '@capstan/core/internal'
import { checkRunId, guarded } from './failure.ts'
import type { CheckedList } from './list-options.ts'

/** A journal that keeps the large values of its runs too. They may also belong to runs that an engine hosts. */
export interface DurableJournal extends Journal {
  readonly artifacts: ArtifactStore
}

/** A store of runs, behind a journal that checks what its caller gives. */
export interface RunStore extends Omit<DurableJournal, 'list'> {
  list(options: CheckedList): Promise<RunPage>
}

/** Options of `fileJournal` and `sqliteJournal`. */
export interface JournalOptions {
  /**
   * How long an owner keeps a run without renewing its lease, in milliseconds. Owners renew the lease three times in this time. A process
   * that is certainly gone loses the run at once. Default: 30,000.
   */
  readonly leaseMs?: number
  /** Takes over runs even if their owner may be alive. Only for a person who knows that the owner is gone. Default: false. */
  readonly force?: boolean
}

/** The options of ownership, with their defaults. */
export type Ownership = Required<JournalOptions>

const maxLeaseMs = 86_400_000

/**
 * @param otherNames - Options that only this journal has.
 * @throws {AgentError} `invalid-options` for an unknown option, or a lease that cannot be renewed.
 */
export function readOptions(options: JournalOptions, name: string, otherNames: readonly string[] = []): Ownership {
  checkNames(options, { names: ['leaseMs', 'force', ...otherNames], what: `an option of ${name}` })
  const { leaseMs = 30_000, force = false } = options
  if (typeof leaseMs !== 'number' || !(leaseMs >= 1 && leaseMs <= maxLeaseMs))
    throw invalidOptions(`\`leaseMs\` of ${name} must be a number from 1 to ${maxLeaseMs}, not ${String(leaseMs)}.`)
  return { leaseMs, force }
}

/** @throws {AgentError} `invalid-options` for anything but a path. */
export function readPath(path: string, name: string): string {
  if (typeof path !== 'string' || path === '') throw invalidOptions(`${name} needs a path, as a string that is not empty.`)
  return resolve(path)
}

/**
 * Makes a journal over a store, which is loaded at the first use. What the store throws becomes `journal-failed`.
 *
 * @param path - The file or folder of the store, for errors.
 */
export function journalOver(load: () => Promise<RunStore>, path?: string): DurableJournal {
  let loaded: Promise<RunStore> | undefined
  const withStore = <Result>(what: string, work: (store: RunStore) => Promise<Result>): Promise<Result> => {
    const loadAndWork = async (): Promise<Result> => {
      loaded ??= load()
      return await work(await loaded)
    }
    return guarded(what, loadAndWork, path)
  }
  const artifacts: ArtifactStore = {
    put: (runId, id, text) => withStore(`Keeping a value of the run '${runId}'`, (store) => store.artifacts.put(runId, id, text)),
    get: (runId, id) => withStore(`Reading a value of the run '${runId}'`, (store) => store.artifacts.get(runId, id)),
    delete: (runId, except) => withStore(`Deleting the values of the run '${runId}'`, (store) => store.artifacts.delete(runId, except)),
  }
  return {
    artifacts,
    open: (runId, head) =>
      withStore(`Opening the run '${runId}'`, async (store) => {
        checkRunId(runId, head)
        return await store.open(runId, head)
      }),
    read: (runId) => withStore(`Reading the run '${runId}'`, (store) => store.read(runId)),
    decide: (runId, decision) => withStore(`Storing a decision about the run '${runId}'`, (store) => store.decide(runId, decision)),
    list: async (options = {}) => {
      const { readListOptions } = await import('./list-options.ts')
      const checked = readListOptions(options)
      return await withStore('Listing runs', (store) => store.list(checked))
    },
    delete: (runId, keepValues) => withStore(`Deleting the run '${runId}'`, (store) => store.delete(runId, keepValues)),
  }
}
