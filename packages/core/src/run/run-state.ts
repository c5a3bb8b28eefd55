import type { RunState } from '../contract/result.ts'
import type { RunHost } from '../durability/hosts/run-host.ts'
import type { RunStart } from './run-start.ts'

/** The state that a run is continued from; `undefined` with a journal or an engine, which have the records. */
export function stateOf(start: RunStart, host: RunHost, known: Pick<RunState, 'input' | 'session'>): RunState | undefined {
  const { open, engine, recordedDefinition, definition, sign } = start
  if (open !== undefined || engine !== undefined) return undefined
  const { runId, version, records } = host
  const state: RunState = { version, runId, definition: recordedDefinition ?? definition(version), ...known, records: [...records] }
  return sign === undefined ? state : { ...state, signature: sign(state) }
}
