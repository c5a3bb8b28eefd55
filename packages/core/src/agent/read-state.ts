import { isDeepStrictEqual } from 'node:util'
import type { Approval, OutcomeAnswer } from '../answers.ts'
import { AgentError } from '../errors.ts'
import type { RunRecord } from '../hosts/memory.ts'
import { isJsonObject, type Json } from '../json.ts'
import type { Message } from '../messages.ts'
import type { RunState } from '../result.ts'
import { checkMessages } from '../sendable.ts'

/** What a state holds, checked. */
export interface ReadState {
  readonly runId: string
  readonly input: readonly Message[]
  readonly records: readonly RunRecord[]
}

/** @throws {AgentError} `state-mismatch` when it is not a state, or one of another version. */
export function readState(state: RunState): ReadState {
  // It comes out of the caller's store, whatever its type says.
  const { version, runId, input, records }: Readonly<Record<string, unknown>> = isJsonObject(state) ? { ...state } : {}
  if (version !== 1) refuse(`its version is ${JSON.stringify(version)}, not 1`)
  if (typeof runId !== 'string' || runId === '') refuse('it has no runId')
  if (!Array.isArray(records) || !records.every(isRecord)) refuse('its records are no records')
  if (!Array.isArray(input)) refuse('it has no input')
  checkMessages(input)
  return { runId, input, records }
}

/**
 * Reads what people decided.
 *
 * @throws {AgentError} `invalid-use` for an answer to a question that was never asked, or was answered otherwise before.
 */
export function readAnswers(records: readonly RunRecord[], answers: Readonly<Record<string, Approval | OutcomeAnswer>>): ReadonlyMap<string, Json> {
  const asked = records.flatMap((record) => (record.type === 'question' ? [record.id] : []))
  const earlier = new Map(records.flatMap((record) => (record.type === 'answer' ? [[record.id, record.answer] as const] : [])))
  const open = asked.filter((id) => !earlier.has(id))
  const given = Object.entries(answers)
  for (const [id, answer] of given) {
    const before = earlier.get(id)
    if (!asked.includes(id)) refuseAnswer(`'${id}' was not asked in this state`, open)
    if (before !== undefined && !isDeepStrictEqual(before, answer)) refuseAnswer(`'${id}' was answered before, and the first answer stays`, open)
  }
  return new Map(given.filter(([id]) => !earlier.has(id)))
}

function isRecord(value: unknown): value is RunRecord {
  return isJsonObject(value) && typeof value['type'] === 'string' && typeof value['id'] === 'string'
}

function refuse(problem: string): never {
  throw new AgentError(`This is not a state that a run can go on from: ${problem}.`, { code: 'state-mismatch' })
}

function refuseAnswer(problem: string, open: readonly string[]): never {
  const questions = open.length === 0 ? 'No question is open.' : `Open questions: ${open.join(', ')}.`
  throw new AgentError(`The answer cannot be used: ${problem}. ${questions}`, { code: 'invalid-use' })
}
