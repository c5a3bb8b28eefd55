import type { ArtifactStore } from '../contract/artifacts.ts'

/** The most bytes of UTF-8 of one run. */
const maxRunBytes = 64 * 1024 * 1024

/** The values of one run, the oldest first. */
interface RunValues {
  readonly byId: Map<string, { readonly text: string; readonly bytes: number }>
  bytes: number
}

/**
 * Keeps values in the memory of this process: 64 MB of each run. When a run has more, its oldest values are dropped.
 */
export class MemoryArtifacts implements ArtifactStore {
  #runs: Map<string, RunValues> | undefined

  async put(runId: string, id: string, text: string): Promise<void> {
    this.#runs ??= new Map()
    const values = this.#runs.get(runId) ?? { byId: new Map(), bytes: 0 }
    this.#runs.set(runId, values)
    drop(values, id)
    const bytes = Buffer.byteLength(text)
    values.byId.set(id, { text, bytes })
    values.bytes += bytes
    for (const oldest of values.byId.keys()) {
      if (values.bytes <= maxRunBytes) break
      drop(values, oldest)
    }
  }

  async get(runId: string, id: string): Promise<string | undefined> {
    return this.#runs?.get(runId)?.byId.get(id)?.text
  }

  async delete(runId: string, except: readonly string[] = []): Promise<void> {
    const values = this.#runs?.get(runId)
    for (const id of values?.byId.keys() ?? []) if (values !== undefined && !except.includes(id)) drop(values, id)
    if (values?.byId.size === 0) this.#runs?.delete(runId)
  }
}

function drop(values: RunValues, id: string): void {
  values.bytes -= values.byId.get(id)?.bytes ?? 0
  values.byId.delete(id)
}
