import { AgentError, type ErrorData, finishedEvents, type RunEvent, type SavedRun } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import type { Principal } from '../principal.ts'
import type { ServerEvent } from '../protocol.ts'
import { type FoundRun, metadataOf, type RunAccess } from './access.ts'
import type { Frame, FrameLog } from './frame-log.ts'
import type { LiveRun } from './live-run.ts'
import { type ShowEvent, showError } from './shown-event.ts'

/** Where a reader begins, and what ends it. */
export interface FollowOptions {
  /** The id of the last event that the reader has. Default: from the beginning. */
  readonly after?: string
  readonly signal: AbortSignal
}

/** What a follower needs of the server. */
export interface FollowParts {
  readonly access: RunAccess
  readonly show: ShowEvent
  /** Takes a run of the journal into this process. */
  readonly adopt: (saved: SavedRun) => Promise<LiveRun>
  /** True when all streams have to end. */
  readonly isClosing: () => boolean
}

/** How often a run of another process is looked at, in milliseconds. */
const pollMs = 1_000
/** After which time a reader comes back that was sent away, in milliseconds. */
export const retryMs = 1_000

/**
 * The events of a run, in batches, from where the reader was to the end of the run: of the log in this process, or of what the journal has
 * while another process works. It ends with `reconnect` when the reader has to come back.
 */
export async function* followRun(parts: FollowParts, found: FoundRun, options: FollowOptions): AsyncGenerator<readonly Frame[], void> {
  const live = found.live ?? (found.saved === undefined ? undefined : await take(parts, found.saved))
  if (live !== undefined) yield* followLog(parts, live, options)
  else if (found.saved !== undefined) yield* followJournal(parts, found.saved, options)
}

async function* followLog(parts: FollowParts, live: LiveRun, { after, signal }: FollowOptions): AsyncGenerator<readonly Frame[], void> {
  const { log } = live
  const leave = log.enter(signal)
  try {
    const known = log.positionOf(after)
    if (known === undefined && after !== undefined) yield [restartIn(log)]
    let position = known ?? 0
    if (position < log.floor) {
      yield* replayBefore(parts, live)
      position = log.floor
    }
    // What is there when the reader comes is its snapshot; what follows is live.
    const snapshot = log.last
    while (position < snapshot) {
      const frames = log.read(position)
      position = frames.at(-1)?.n ?? snapshot
      yield frames
    }
    yield [snapshotEnd]
    yield* followTail(parts, live, { position, signal })
  } finally {
    leave()
  }
}

interface Tail {
  readonly position: number
  readonly signal: AbortSignal
}

async function* followTail(parts: FollowParts, live: LiveRun, { position: start, signal }: Tail): AsyncGenerator<readonly Frame[], void> {
  const { log } = live
  let position = start
  while (!signal.aborted) {
    if (position < log.floor) {
      yield [restartIn(log)]
      yield* replayBefore(parts, live)
      position = log.floor
    }
    const frames = log.read(position)
    position = frames.at(-1)?.n ?? position
    if (frames.length > 0) yield frames
    else if (log.isEnded) return
    else if (log.isClosed) return yield [reconnect]
    else await log.wait(position)
  }
}

/** What is recorded of a run and has left its log. */
async function* replayBefore({ access, show }: FollowParts, { runId, owner, log }: LiveRun): AsyncGenerator<readonly Frame[], void> {
  const saved = await access.read(runId)
  const shown = saved === undefined ? [] : shownEvents(saved, show, owner)
  yield shown.filter((event) => !log.has(event)).map((event) => ({ event }))
}

function restartIn({ id, floor }: FrameLog): Frame {
  return { id: `${id}.${floor}`, event: { type: 'restart' } }
}

const snapshotEnd: Frame = { event: { type: 'snapshot-end' } }
const reconnect: Frame = { event: { type: 'reconnect', retryMs } }

/** Takes a run into this process where that does no new work that nobody asked for; `undefined` where the journal has to be enough. */
async function take({ adopt }: FollowParts, saved: SavedRun): Promise<LiveRun | undefined> {
  const end = saved.records.at(-1)
  // A run that failed or was aborted would be tried again.
  if (end?.type === 'end' && end.status === 'unusable') return undefined
  try {
    return await adopt(saved)
  } catch (error) {
    if (AgentError.is(error) || (error as { readonly code?: unknown }).code === 'agent-not-served') return undefined
    throw error
  }
}

/** What is recorded of a run that another process has, or that cannot be replayed here. */
async function* followJournal(parts: FollowParts, first: SavedRun, { after, signal }: FollowOptions): AsyncGenerator<readonly Frame[], void> {
  const [, given] = /^journal\.(\d{1,9})$/.exec(after ?? '') ?? []
  if (after !== undefined && given === undefined) yield [{ id: 'journal.0', event: { type: 'restart' } }]
  let position = Number(given ?? 0)
  let extra: readonly Frame[] = [snapshotEnd]
  for (let saved: SavedRun | undefined = first; saved !== undefined && !signal.aborted; saved = await parts.access.read(first.head.runId)) {
    const { frames, count } = framesAfter(parts, saved, position)
    position = count
    const end = endOf(saved)
    // It waits for a person, or has been left: this process may take it now.
    const isLeft = saved.records.at(-1)?.type === 'end' || parts.isClosing()
    const ending = end === undefined ? (isLeft ? [reconnect] : []) : [{ event: end }]
    yield [...frames, ...extra, ...ending]
    if (ending.length > 0) return
    extra = []
    await pause(signal)
  }
}

function framesAfter({ show }: FollowParts, saved: SavedRun, position: number): { readonly frames: readonly Frame[]; readonly count: number } {
  const shown = shownEvents(saved, show, { id: metadataOf(saved.head)?.principal ?? '' })
  return { frames: shown.slice(position).map((event, index) => ({ id: `journal.${position + index + 1}`, event })), count: shown.length }
}

function shownEvents(saved: SavedRun, show: ShowEvent, owner: Principal): readonly ServerEvent[] {
  return finishedEvents(saved).flatMap((event) => show({ ...event, seq: 0, at: event.at ?? 0 } as RunEvent, owner) ?? [])
}

function endOf({ records }: SavedRun): ServerEvent | undefined {
  const end = records.at(-1)
  if (end?.type !== 'end' || end.status === 'paused') return undefined
  if (end.stopReason === 'failed') return showError({ code: failureIn(records) ?? 'internal' })
  return { type: 'run-end', status: end.status, stopReason: end.stopReason, text: '', usage: { unknownAttempts: 0 }, toolCalls: 0, isLast: true }
}

/** The code of the request that ended a run, if one did. */
function failureIn(records: SavedRun['records']): ErrorData['code'] | undefined {
  const last = records.findLast((record) => record.type === 'done')
  const output = last?.type === 'done' && isJsonObject(last.output) ? last.output : {}
  // Recorded by an attempt.
  return output['status'] === 'failed' ? (output['error'] as ErrorData | undefined)?.code : undefined
}

async function pause(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, pollMs)
    signal.addEventListener('abort', done)
  })
}
