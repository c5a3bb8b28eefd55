import { AgentError } from '../contract/errors.ts'
import { equalJson, type Json } from '../contract/json.ts'
import type { Message } from '../contract/messages.ts'
import type { SessionLog } from './session-log.ts'
import type { QueuedInput, SessionEntry } from './session-store.ts'

/** A run that wants its place in a session. */
export interface BeginningRun {
  readonly sessionId: string
  readonly runId: string
  /** Its own input: what is new. */
  readonly messages: readonly Message[]
  readonly whilePaused: 'refuse' | 'queue'
  /** True when a journal or an engine records the run: the same id then continues it. */
  readonly isRecorded: boolean
  /** In milliseconds since the Unix epoch. */
  readonly now: number
  /** When others may take the place, if the run has not given it back. */
  readonly until: number | undefined
}

/** What a run that begins does to its session: `open` with an entry takes its place, and without one it has it, or had it before. */
export type Beginning =
  | { readonly type: 'open'; readonly entry?: SessionEntry }
  /** It has to wait. `takenBy`: the run whose input has its messages. */
  | { readonly type: 'queued'; readonly entry?: SessionEntry; readonly takenBy?: string }

/**
 * Decides how a run enters its session.
 *
 * @throws {AgentError} `session-busy` when another run is open; `session-conflict` for a run id that the session has already, where nothing
 * recorded the run, or with another input.
 */
export function beginIn(log: SessionLog, run: BeginningRun): Beginning {
  const { sessionId, runId, messages, isRecorded, now } = run
  const place = log.placeAt(now)
  const known = log.run(runId)
  if (known?.isEnded === true) {
    if (isRecorded && known.version !== undefined) return { type: 'open' }
    throw conflict(`The session '${sessionId}' has the messages of the run '${runId}' already. Use another run id, or pass the journal that recorded the run.`)
  }
  if (place?.runId === runId && isRecorded) return { type: 'open' }
  const takenBy = log.takerOf(runId)
  if (takenBy !== undefined && takenBy !== runId) return { type: 'queued', takenBy }
  const waiting = log.waitingInput(runId)
  if (waiting !== undefined && !equalMessages(waiting.messages, messages))
    throw conflict(`The session '${sessionId}' has another input for the run '${runId}' in its queue. Use another run id.`)
  if (place !== undefined) return waitFor(place.runId, run, { isKnown: known !== undefined, isWaiting: waiting !== undefined })
  if (known !== undefined && known.added > 0 && !isRecorded) {
    throw conflict(`An error ended the run '${runId}', and the session '${sessionId}' has its complete steps. Use another run id, or resume its state.`)
  }
  return { type: 'open', entry: takePlace(log, run) }
}

function takePlace(log: SessionLog, { runId, isRecorded, until }: BeginningRun): SessionEntry {
  const free = log.queued.map((input) => input.runId)
  const known = isRecorded ? log.run(runId) : undefined
  if (known?.version === undefined) return openEntry({ runId, until, takes: free })
  // A run that is continued has the input that it began with.
  const takes = known.takes.map((input) => input.runId).filter((id) => free.includes(id))
  return openEntry({ runId, until, takes, from: known.version })
}

function waitFor(openRun: string, run: BeginningRun, { isKnown, isWaiting }: { readonly isKnown: boolean; readonly isWaiting: boolean }): Beginning {
  const { runId, messages, whilePaused, sessionId } = run
  if (isWaiting) return { type: 'queued' }
  if (whilePaused === 'refuse' || isKnown) throw busy(sessionId, openRun)
  return { type: 'queued', entry: { type: 'queue', runId, messages } }
}

/** A run that leaves its session, or keeps its place. */
export interface EndingRun {
  readonly runId: string
  /** The version at which its input was read. */
  readonly version: string
  /** Its input without that of the session, and what it has added since. */
  readonly messages: readonly Message[]
  /** The messages from which the next run starts, if it shortened its history. */
  readonly view: readonly Message[] | undefined
  /** How many of the messages are its own input and queued inputs that it took. */
  readonly inputCount: number
  readonly outcome: 'ended' | 'broken' | 'paused'
  /** In milliseconds since the Unix epoch. */
  readonly now: number
}

/** The entry by which a run ends in its session, or keeps its place; `undefined` where there is nothing to add. */
export function endIn(log: SessionLog, run: EndingRun): SessionEntry | undefined {
  const { runId, version, messages, view, outcome, now } = run
  const known = log.run(runId)
  // The session was deleted meanwhile: what a person erased is not written again.
  if (known === undefined || known.isEnded) return undefined
  const place = log.placeAt(now)
  if (outcome === 'paused') return place === undefined || isToBeHeld(place, runId) ? openEntry({ runId, from: version }) : undefined
  const lost = known.takes.filter((input) => log.takerOf(input.runId) !== runId)
  const rest = without(messages, known.takes, lost).slice(known.added)
  const isBroken = outcome === 'broken'
  if (isBroken && (rest.length === 0 || messages.length === run.inputCount)) return place?.runId === runId ? { type: 'close', runId } : undefined
  // A view of messages among which others came since is not complete.
  const isAlone = lost.length === 0 && log.messages.length === known.begunAt + known.added
  return { type: 'messages', messages: rest, runId, ...(view !== undefined && isAlone && { view }), ...(isBroken && { isBroken }) }
}

/** The input of a run: the messages of the session, and what is new. */
export function inputAt(log: SessionLog, runId: string, own: readonly Message[]): { readonly history: readonly Message[]; readonly added: readonly Message[] } {
  const takes = log.run(runId)?.takes ?? []
  const queued = takes.flatMap(({ messages }) => messages)
  return { history: log.view, added: takes.some((input) => input.runId === runId) ? queued : [...queued, ...own] }
}

interface Adding {
  readonly sessionId: string
  readonly runId: string | undefined
  readonly now: number
}

/** @throws {AgentError} `session-busy` when another run than this one is open. */
export function refuseBusy(log: SessionLog, { sessionId, runId, now }: Adding): void {
  const place = log.placeAt(now)
  if (place !== undefined && place.runId !== runId) throw busy(sessionId, place.runId)
}

export function conflict(message: string): AgentError {
  return new AgentError(message, { code: 'session-conflict' })
}

function busy(sessionId: string, runId: string): AgentError {
  const message =
    `The run '${runId}' is open in the session '${sessionId}': it is at work, waits for a person, or was interrupted. Let it end, or continue it with ` +
    `\`agent.resume\`. To keep this message for the run after it, pass \`whilePaused: 'queue'\`. To give its place up, call \`session.release('${runId}')\`.`
  return new AgentError(message, { code: 'session-busy', runId })
}

function isToBeHeld({ runId, until }: { readonly runId: string; readonly until: number | undefined }, holder: string): boolean {
  return runId === holder && until !== undefined
}

interface Opening {
  readonly runId: string
  readonly until?: number | undefined
  readonly takes?: readonly string[]
  readonly from?: string | undefined
}

function openEntry({ runId, until, takes = [], from }: Opening): SessionEntry {
  return { type: 'open', runId, ...(until !== undefined && { until }), ...(takes.length > 0 && { takes }), ...(from !== undefined && { from }) }
}

/** The messages of a run without the inputs that another run has taken since. */
function without(messages: readonly Message[], takes: readonly QueuedInput[], lost: readonly QueuedInput[]): readonly Message[] {
  if (lost.length === 0) return messages
  const kept = takes.filter((input) => !lost.includes(input)).flatMap((input) => input.messages)
  return [...kept, ...messages.slice(takes.reduce((count, input) => count + input.messages.length, 0))]
}

function equalMessages(left: readonly Message[], right: readonly Message[]): boolean {
  // Messages may have keys that are `undefined`, which a store does not keep.
  return equalJson(JSON.parse(JSON.stringify(left)) as Json, JSON.parse(JSON.stringify(right)) as Json)
}
