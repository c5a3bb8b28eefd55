import { AgentError, type Decision, type Journal, type RunHead, type RunRecord } from '@capstan/core'

/** A journal in memory that keeps JSON texts, so that nothing survives that a file would not keep. Before each record it calls `beforeRecord`, which may throw. */
export class JsonJournal implements Journal {
  readonly #runs = new Map<string, { readonly head: string; readonly records: string[]; readonly decisions: Map<string, string> }>()
  readonly #beforeRecord: () => void

  constructor(beforeRecord: () => void) {
    this.#beforeRecord = beforeRecord
  }

  async open(runId: string, head?: RunHead): ReturnType<Journal['open']> {
    if (!this.#runs.has(runId) && head !== undefined) this.#runs.set(runId, { head: JSON.stringify(head), records: [], decisions: new Map() })
    const { records } = this.#runOf(runId)
    let isDead = false
    const append = async (added: readonly RunRecord[]): Promise<void> => {
      // A process that is dead writes nothing more.
      if (isDead) throw new Error('The process is dead.')
      try {
        this.#beforeRecord()
      } catch (error) {
        isDead = true
        throw error
      }
      records.push(...added.map((record) => JSON.stringify(record)))
    }
    const readDecisions = async (): Promise<readonly Decision[]> => (await this.read(runId)).decisions
    return { ...(await this.read(runId)), append, readDecisions, close: async () => undefined }
  }

  async read(runId: string): ReturnType<Journal['read']> {
    const { head, records, decisions } = this.#runOf(runId)
    const parsed = <Value>(texts: Iterable<string>): Value[] => [...texts].map((text) => JSON.parse(text) as Value)
    return { head: JSON.parse(head) as RunHead, records: parsed<RunRecord>(records), decisions: parsed<Decision>(decisions.values()) }
  }

  async decide(runId: string, decision: Decision): Promise<Decision> {
    const { decisions } = this.#runOf(runId)
    if (!decisions.has(decision.id)) decisions.set(decision.id, JSON.stringify(decision))
    return JSON.parse(decisions.get(decision.id) ?? '') as Decision
  }

  async list(): ReturnType<Journal['list']> {
    return { runs: [] }
  }

  async delete(): Promise<void> {}

  #runOf(runId: string) {
    const run = this.#runs.get(runId)
    if (run === undefined) throw new AgentError(`There is no run ${runId}.`, { code: 'run-not-found' })
    return run
  }
}
