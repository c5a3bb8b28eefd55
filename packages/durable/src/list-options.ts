import type { JsonObject, ListedStatus, RunListOptions } from '@capstan/core'
import { checkNames, invalidOptions, isJsonObject } from '@capstan/core/internal'

/** Options of a list, checked, with every default filled in. */
export interface CheckedList {
  readonly statuses: readonly ListedStatus[] | undefined
  readonly agent: string | undefined
  readonly metadata: JsonObject
  readonly changedBefore: number | undefined
  readonly limit: number
  readonly after: Position | undefined
}

/** The position of a run in a list: the last begun comes first. */
export interface Position {
  readonly beganAt: number
  readonly runId: string
}

const statuses: readonly ListedStatus[] = ['finished', 'limit', 'paused', 'unusable', 'unfinished', 'broken']
const [defaultLimit, maxLimit] = [100, 1_000]
const names = ['status', 'agent', 'metadata', 'changedBefore', 'limit', 'cursor']

/** @throws {AgentError} `invalid-options`. */
export function readListOptions(options: RunListOptions): CheckedList {
  checkNames(options, { names, what: 'an option of list()', instead: { after: 'cursor', offset: 'cursor', name: 'agent' } })
  const { status, agent, metadata = {}, changedBefore, limit = defaultLimit, cursor } = options
  const wanted = status === undefined || typeof status !== 'string' ? status : [status]
  const unknown = wanted?.find((each) => !statuses.includes(each))
  if (unknown !== undefined) throw invalidOptions(`\`status\` of list() must be one of '${statuses.join("', '")}', or a list of them.`)
  if (agent !== undefined && typeof agent !== 'string') throw invalidOptions('`agent` of list() must be the name of an agent.')
  if (!isJsonObject(metadata)) throw invalidOptions('`metadata` of list() must be an object.')
  if (changedBefore !== undefined && typeof changedBefore !== 'number') throw invalidOptions('`changedBefore` of list() must be a time in milliseconds.')
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= maxLimit)) throw invalidOptions(`\`limit\` of list() must be an integer from 1 to ${maxLimit}.`)
  return { statuses: wanted, agent, metadata, changedBefore, limit, after: cursor === undefined ? undefined : readCursor(cursor) }
}

/** @throws {AgentError} `invalid-options` for any other text than `makeCursor` makes. */
function readCursor(cursor: string): Position {
  try {
    const [beganAt, runId]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (typeof beganAt === 'number' && typeof runId === 'string') return { beganAt, runId }
  } catch {}
  throw invalidOptions('`cursor` of list() must be the `cursor` of an earlier page.')
}
