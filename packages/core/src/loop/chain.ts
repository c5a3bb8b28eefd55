import type { AgentErrorCode } from '../contract/error-codes.ts'
import type { ErrorData } from '../contract/errors.ts'
import type { Model } from '../contract/model.ts'
import { maxAttempts } from '../retry/policy.ts'
import type { LoopRun } from './loop-run.ts'

/** Where an attempt stands in the fallback chain: one try an entry, then the list again after a wait. */
export interface ChainPlace {
  /** Index of the model. */
  readonly entry: number
  /** Entries that this round has still to try after this one. */
  readonly left: readonly number[]
  /** From 1; at most 3. */
  readonly round: number
  /** True once the free retry of the step was used: for a socket that was stale before the server saw anything. */
  readonly freeUsed: boolean
}

// The same request would fail everywhere, or the caller has to change something.
const stops: ReadonlySet<AgentErrorCode> = new Set<AgentErrorCode>([
  'invalid-options',
  'invalid-tool',
  'invalid-messages',
  'missing-key',
  'auth-failed',
  'model-not-found',
  'invalid-request',
  'request-too-large',
  'context-overflow',
  'content-refused',
  'aborted',
  'internal',
])

/** True for a failure that another model may not have: quota, overload, timeouts, a broken network or stream, an empty reply. */
export function mayGoOn(code: AgentErrorCode): boolean {
  return !stops.has(code)
}

const onlyPlace: ChainPlace = { entry: 0, left: [], round: 1, freeUsed: false }

/** The first place of a step: the model that answered last, so that its prompt cache stays warm. */
export function firstPlace(run: LoopRun): ChainPlace {
  return run.agent.models.length === 1 ? onlyPlace : { ...roundFrom(run, run.entry), round: 1, freeUsed: false }
}

/** The place after a failure, by what was recorded of it. */
export function nextPlace(run: LoopRun, place: ChainPlace, { code, free }: { readonly code: ErrorData['code']; readonly free: boolean }): ChainPlace {
  if (free) return { ...place, freeUsed: true }
  if (code === 'quota-exhausted') {
    run.exhausted ??= new Set()
    run.exhausted.add(place.entry)
  }
  const [entry, ...left] = place.left
  if (entry !== undefined && mayGoOn(code)) return { ...place, entry, left }
  return { ...roundFrom(run, run.entry), round: place.round + 1, freeUsed: place.freeUsed }
}

/** True when another round may follow: rounds are left, and an entry that has money. */
export function hasNextRound(run: LoopRun, { entry, round }: ChainPlace, { code, retryable }: Pick<ErrorData, 'code' | 'retryable'>): boolean {
  // A server may say that even a refusal is worth another try.
  if (round >= maxAttempts || !(retryable || mayGoOn(code))) return false
  const isGone = (index: number): boolean => run.exhausted?.has(index) === true || (code === 'quota-exhausted' && index === entry)
  return run.agent.models.some((_, index) => !isGone(index))
}

/** The model of a place. */
export function modelAt(run: LoopRun, { entry }: Pick<ChainPlace, 'entry'>): Model {
  return run.agent.models[entry] ?? run.agent.model
}

function roundFrom(run: LoopRun, first: number): Pick<ChainPlace, 'entry' | 'left'> {
  const { length } = run.agent.models
  const order = Array.from({ length }, (_, offset) => (first + offset) % length)
  const [entry = first, ...left] = order.filter((index) => run.exhausted?.has(index) !== true)
  return { entry, left }
}
