import { decide, deny, type Journal, openQuestions } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import type { RunAccess } from './access.ts'

/** Denies what a run still asks, because it is stopped: otherwise its last part would only ask again. */
export async function denyOpen(journal: Journal | undefined, access: RunAccess, runId: string): Promise<void> {
  const saved = journal && (await access.read(runId))
  if (journal === undefined || saved === undefined) return
  const answers = openQuestions(saved).map(({ id, about }) => {
    const isOutcome = isJsonObject(about) && about['type'] === 'outcome'
    return [id, isOutcome ? { failed: 'The outcome is not known, and the run was stopped.' } : deny('The run was stopped.')] as const
  })
  if (answers.length > 0) await decide(journal, runId, Object.fromEntries(answers))
}
