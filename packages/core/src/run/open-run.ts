import { AgentError } from '../contract/errors.ts'
import { equalJson, type JsonObject } from '../contract/json.ts'
import type { Message } from '../contract/messages.ts'
import type { RunVersion } from '../contract/result.ts'
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
  readonly input: readonly Message[]
}

/**
 * Begins a run, or continues the one that has this id.
 *
 * @throws {AgentError} `invalid-use` when the journal has a run with this id and another input; `run-locked`, `journal-failed`.
 */
export async function startRun(journal: Journal, draft: HeadDraft): Promise<OpenRun> {
  // What is compared and kept is JSON.
  const head = JSON.parse(JSON.stringify(draft)) as RunHead
  const run = await journal.open(head.runId, head)
  if (equalJson(run.head.input, head.input)) return run
  await run.close()
  throw new AgentError(`The journal has a run '${head.runId}' that began with another input. Resume it, or choose another runId.`, { code: 'invalid-use' })
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
