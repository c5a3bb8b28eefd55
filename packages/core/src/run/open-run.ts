import { AgentError } from '../contract/errors.ts'
import { equalJson, type JsonObject } from '../contract/json.ts'
import type { Message } from '../contract/messages.ts'
import type { RunVersion, SessionPosition } from '../contract/result.ts'
import { type Answers, decide } from '../durability/decisions.ts'
import type { Definition } from '../durability/definition.ts'
import type { Journal, OpenRun, RunHead } from '../durability/journal.ts'

/** A head whose messages may still hold what is no JSON, such as `undefined` keys. */
export interface HeadDraft {
  readonly version: RunVersion
  readonly runId: string
  readonly agent: string
  readonly metadata?: JsonObject
  readonly definition: Definition
  readonly session?: SessionPosition
  readonly input: readonly Message[]
}

/**
 * Begins a run, or continues the one that has this id.
 *
 * @param mustExist - True when its session has the messages of the run, so that it must not begin again.
 * @throws {AgentError} `invalid-use` when the journal has a run with this id and another input or session; `run-locked`, `journal-failed`;
 * `run-not-found`.
 */
export async function startRun(journal: Journal, draft: HeadDraft, mustExist: boolean): Promise<OpenRun> {
  // What is compared and kept is JSON.
  const head = JSON.parse(JSON.stringify(draft)) as RunHead
  const run = mustExist ? await journal.open(head.runId) : await journal.open(head.runId, head)
  const isSameSession = run.head.session?.id === head.session?.id
  if (isSameSession && equalJson(run.head.input, head.input)) return run
  await run.close()
  const other = isSameSession ? 'another input' : `${run.head.session === undefined ? 'no session' : `the session '${run.head.session.id}'`}`
  throw new AgentError(`The journal has a run '${head.runId}' that began with ${other}. Resume it, or choose another runId.`, { code: 'invalid-use' })
}

/**
 * Opens a run that is there, once what people decided is kept.
 *
 * @throws {AgentError} `run-not-found`, `run-locked`, `journal-failed`; `invalid-use` for an answer that cannot be used.
 */
export async function openRun(journal: Journal, runId: string, answers: Answers): Promise<OpenRun> {
  if (Object.keys(answers).length > 0) await decide(journal, runId, answers)
  return await journal.open(runId)
}
