import { AgentError } from '../contract/errors.ts'
import { isJsonObject } from '../contract/json.ts'
import type { Message } from '../contract/messages.ts'
import type { RunState, RunVersion } from '../contract/result.ts'
import type { Definition } from '../durability/definition.ts'
import { isRecord, isRunVersion, type RunRecord } from '../durability/records.ts'
import { checkMessages } from '../transcripts/check.ts'

/** What a state holds, checked. */
export interface ReadState {
  readonly version: RunVersion
  readonly runId: string
  readonly definition: Definition | undefined
  readonly input: readonly Message[]
  readonly records: readonly RunRecord[]
}

/** @throws {AgentError} `state-mismatch` when it is not a state, or one of another version. */
export function readState(state: RunState): ReadState {
  // It comes out of the caller's store, whatever its type says.
  const { version, runId, definition, input, records }: Readonly<Record<string, unknown>> = isJsonObject(state) ? { ...state } : {}
  if (!isRunVersion(version)) refuse(`its version is ${JSON.stringify(version)}; this release reads 1 and 2`)
  if (typeof runId !== 'string' || runId === '') refuse('it has no runId')
  if (!Array.isArray(records) || !records.every(isRecord)) refuse('its records are no records')
  if (!Array.isArray(input)) refuse('it has no input')
  checkMessages(input)
  // Compared key by key: what is missing in it reads as changed.
  return { version, runId, definition: isJsonObject(definition) ? (definition as unknown as Definition) : undefined, input, records }
}

function refuse(problem: string): never {
  throw new AgentError(`This is not a state that a run can go on from: ${problem}.`, { code: 'state-mismatch' })
}
