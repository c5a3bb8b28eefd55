import { AgentError } from '../contract/errors.ts'
import { canonicalJson, isJsonObject } from '../contract/json.ts'
import type { Message } from '../contract/messages.ts'
import type { RunState, RunVersion } from '../contract/result.ts'
import type { Tool } from '../contract/tool.ts'
import type { Definition } from '../durability/definition.ts'
import { parseOperationId } from '../durability/operation-ids.ts'
import { isRecord, isRunVersion, type RunRecord } from '../durability/records.ts'
import { callOf, callsAround, isOnce, startsWork, toolNameIn } from '../durability/replay.ts'
import { isSameSignature, signText } from '../support/hash.ts'
import { checkMessages } from '../transcripts/check.ts'

/** The checked content of a state. */
export interface ReadState {
  readonly version: RunVersion
  readonly runId: string
  readonly definition: Definition | undefined
  readonly input: readonly Message[]
  readonly session: RunState['session']
  readonly records: readonly RunRecord[]
  /** True when others may have changed the records: gates that let a call pass are asked again. */
  readonly recheckGates: boolean
}

/** How far a state is trusted. */
export interface StateTrust {
  readonly agentName: string
  readonly tools: ReadonlyMap<string, Pick<Tool<never>, 'effect' | 'child'>>
  /** The keys of `signStates`: the first one signs, each of them verifies. Empty without the option. */
  readonly keys: readonly StateKey[]
  /** The caller's `acceptAnswers`. */
  readonly acceptAnswers: boolean
}

/** A secret that signs states. */
export type StateKey = string | Uint8Array

/**
 * Reads a state. What an unsigned state says that people approved is dropped, unless it was obeyed already or `acceptAnswers` trusts it.
 *
 * @throws {AgentError} `state-mismatch` when it is not a state, one of another version, or one whose signature does not fit.
 */
export function readState(state: RunState, trust: StateTrust): ReadState {
  // It comes from the caller's store, so its type proves nothing.
  const { version, runId, definition, input, session, records }: Readonly<Record<string, unknown>> = isJsonObject(state) ? { ...state } : {}
  if (!isRunVersion(version)) refuse(`its version is ${JSON.stringify(version)}; this release reads 1 and 2`)
  if (typeof runId !== 'string' || runId === '') refuse('it has no `runId`')
  if (!Array.isArray(records) || !records.every(isRecord)) refuse('its records are not records of a run')
  if (!Array.isArray(input)) refuse('it has no `input`')
  checkMessages(input)
  if (session !== undefined && !isPosition(session, input.length)) refuse('its `session` does not say where the session was')
  const isSigned = trust.keys.length > 0
  if (isSigned) checkSignature(state, trust)
  if (!isSigned && version === 1 && !trust.acceptAnswers) {
    refuse('it has the form of release 0.1.0, which cannot show who gave its answers. If the state never left your hands, pass `acceptAnswers: true`')
  }
  const isTrusted = isSigned || trust.acceptAnswers
  // It is compared key by key later, so a missing key counts as a change.
  const known = isJsonObject(definition) ? (definition as unknown as Definition) : undefined
  return { version, runId, definition: known, input, session, records: isTrusted ? records : withoutApprovals(records, trust), recheckGates: !isTrusted }
}

/** The signature of a state: it covers the complete state and the name of its agent. */
export function signState(state: RunState, agentName: string, key: StateKey): string {
  const { version, runId, definition = {}, input, session, records } = state
  return signText(canonicalJson([agentName, version, runId, definition, input, records, ...(session === undefined ? [] : [session])]), key)
}

function checkSignature(state: RunState, { agentName, keys }: StateTrust): void {
  const { signature } = state
  if (typeof signature !== 'string') refuse('it is not signed, and this agent has `signStates`')
  if (!keys.some((key) => isSameSignature(signature, signState(state, agentName, key)))) {
    refuse(`its signature does not fit: it was changed, signed with another key, or made by an agent with another name than '${agentName}'`)
  }
}

// An approval, or the order to repeat a call, stays only where it was obeyed: its operation has a result, or was started and must not be
// repeated. A verdict about an edited input goes with the approval that edited it.
function withoutApprovals(records: readonly RunRecord[], { tools }: StateTrust): readonly RunRecord[] {
  const names = new Map(records.flatMap((record) => (record.type === 'done' ? [[record.id, toolNameIn(record.name)] as const] : [])))
  const effectAt = (id: string, name: string): string => {
    let own: StateTrust['tools'] | undefined = tools
    for (const call of callsAround(id)) own = own?.get(names.get(call) ?? '')?.child?.tools
    return own?.get(toolNameIn(name))?.effect ?? 'once'
  }
  const isObeyed = (id: string | undefined): boolean =>
    records.some((record) => record.id === id && (record.type === 'done' || (record.type === 'start' && isOnce(effectAt(record.id, record.name)))))
  const dropped = records.filter((record) => record.type === 'answer' && startsWork(record.answer) && !isObeyed(callOf(record.id)))
  const calls = new Set(dropped.map(({ id }) => callOf(id)))
  const isVerdictOf = (id: string): boolean => parseOperationId(id)?.type === 'edited' && calls.has(callOf(id))
  return records.filter((record) => !dropped.includes(record) && !(record.type === 'done' && isVerdictOf(record.id)))
}

function isPosition(session: unknown, inputLength: number): session is RunState['session'] {
  if (!isJsonObject(session)) return false
  const { id, version, history }: Readonly<Record<string, unknown>> = session
  return typeof id === 'string' && typeof version === 'string' && Number.isInteger(history) && Number(history) >= 0 && Number(history) <= inputLength
}

function refuse(problem: string): never {
  throw new AgentError(`This is not a state that a run can continue from: ${problem}.`, { code: 'state-mismatch' })
}
