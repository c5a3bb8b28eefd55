import { AgentError } from '../contract/errors.ts'
import type { RecordStore } from '../durability/hosts/record-host.ts'
import type { Decision, Journal, OpenRun, RunHead } from '../durability/journal.ts'
import type { RunRecord } from '../durability/records.ts'

export interface RunBounds {
  /** Active time that the run has left, in milliseconds. */
  readonly leftMs: () => number
  /** Aborts with the run. */
  readonly signal: AbortSignal
}

/** The minimum time of a call, even if the run has no time left, because the end of the run must still be recorded. */
const minMs = 1_000
/** For all calls together once the run was aborted, or once a call did not settle. */
const endingMs = 500
/** setTimeout fires at once for a longer delay. */
const longestTimerMs = 2 ** 31 - 1

/**
 * A run in a journal, under a run that always ends: a call of the journal that does not settle rejects when the time of the run is up,
 * and at once when the run is aborted.
 */
export class BoundedRun implements RecordStore {
  readonly #run: OpenRun
  readonly #journal: Pick<Journal, 'decide'>
  readonly #calls: BoundedCalls

  private constructor(run: OpenRun, journal: Pick<Journal, 'decide'>, calls: BoundedCalls) {
    this.#run = run
    this.#journal = journal
    this.#calls = calls
  }

  /** @throws {AgentError} `journal-failed` when the journal does not answer in time; what `open` throws. */
  static async open(open: () => Promise<OpenRun>, journal: Pick<Journal, 'decide'>, bounds: RunBounds): Promise<BoundedRun> {
    const calls = new BoundedCalls(bounds, 'journal')
    let isWanted = true
    const opening = open().then(async (run) => {
      if (!isWanted) await run.close()
      return run
    })
    try {
      return new BoundedRun(await calls.run('open the run', () => opening), journal, calls)
    } catch (error) {
      // A journal that opens the run too late must not keep it locked.
      isWanted = false
      opening.catch(() => {})
      throw error
    }
  }

  get head(): RunHead {
    return this.#run.head
  }

  get records(): readonly RunRecord[] {
    return this.#run.records
  }

  get decisions(): readonly Decision[] {
    return this.#run.decisions
  }

  append(records: readonly RunRecord[], isDurable: boolean): Promise<void> {
    return this.#calls.run('write a record', () => this.#run.append(records, isDurable))
  }

  readDecisions(): Promise<readonly Decision[]> {
    return this.#calls.run('read decisions', () => this.#run.readDecisions())
  }

  decide(decision: Decision): Promise<Decision> {
    return this.#calls.run('keep a decision', () => this.#journal.decide(this.head.runId, decision))
  }

  close(): Promise<void> {
    return this.#calls.run('close the run', () => this.#run.close())
  }
}

/** Calls of a store that always settle. */
export class BoundedCalls {
  readonly #bounds: RunBounds
  readonly #store: string
  #isStuck = false
  /** Set by the first call after an abort, or after one that did not settle. */
  #endsAt: number | undefined

  /** @param store - What is called, for errors. */
  constructor(bounds: RunBounds, store: 'journal' | 'session store') {
    this.#bounds = bounds
    this.#store = store
  }

  async run<Result>(what: string, call: () => Promise<Result>): Promise<Result> {
    const { signal } = this.#bounds
    const isEnding = signal.aborted || this.#isStuck
    const ms = isEnding ? this.#endingMs() : Math.max(this.#bounds.leftMs(), minMs)
    const onTime = (): AgentError => {
      this.#isStuck = true
      const message = `The ${this.#store} did not ${what} within ${Math.round(ms)} ms, so the run was ended. Check the disk or the database that the ${this.#store} is on.`
      return new AgentError(message, { code: 'journal-failed', phase: 'loop' })
    }
    return await settle(call(), { ms, onTime, ...(!isEnding && { signal }) })
  }

  #endingMs(): number {
    this.#endsAt ??= performance.now() + endingMs
    return Math.max(0, this.#endsAt - performance.now())
  }
}

interface Bounds {
  readonly ms: number
  readonly onTime: () => AgentError
  readonly signal?: AbortSignal
}

function settle<Result>(work: Promise<Result>, { ms, onTime, signal }: Bounds): Promise<Result> {
  return new Promise((resolve, reject) => {
    const release = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    const fail = (error: unknown): void => {
      release()
      reject(error)
    }
    const abort = (): void => fail(signal?.reason)
    const timer = ms > longestTimerMs ? undefined : setTimeout(() => fail(onTime()), ms)
    signal?.addEventListener('abort', abort, { once: true })
    work.then((result) => {
      release()
      resolve(result)
    }, fail)
  })
}
