import { type Answers, type Decision, decideOn, type PendingQuestion } from '@capstan/core'
import type { WorkflowSharedContext } from '@restatedev/restate-sdk'
import { askedKey, resolveFirst } from './restate-engine.ts'

/** Decides questions of a run, and returns those that are still pending. */
export async function decideIn(context: WorkflowSharedContext, answers: Answers): Promise<readonly PendingQuestion[]> {
  const asked = await askedIn(context)
  const made = decideOn({ questions: asked, decided: await decidedIn(context, asked), answers, at: await context.date.now() })
  for (const decision of made) await resolveFirst(context.promise<Decision>(decision.id), decision)
  // Another process may have decided first: this throws if its answer was different.
  const decided = await decidedIn(context, asked)
  decideOn({ questions: asked, decided, answers, at: await context.date.now() })
  return without(asked, decided)
}

/** The questions of a run that are not decided yet. */
export async function openIn(context: WorkflowSharedContext): Promise<readonly PendingQuestion[]> {
  const asked = await askedIn(context)
  return without(asked, await decidedIn(context, asked))
}

async function askedIn(context: WorkflowSharedContext): Promise<readonly PendingQuestion[]> {
  return (await context.get<readonly PendingQuestion[]>(askedKey)) ?? []
}

// One after the other, because a replay must issue the commands in the same order.
async function decidedIn(context: WorkflowSharedContext, asked: readonly PendingQuestion[]): Promise<readonly Decision[]> {
  const decided: Decision[] = []
  for (const { position } of asked) {
    const decision = await context.promise<Decision>(position).peek()
    if (decision !== undefined) decided.push(decision)
  }
  return decided
}

function without(asked: readonly PendingQuestion[], decided: readonly Decision[]): readonly PendingQuestion[] {
  return asked.filter(({ position }) => !decided.some(({ id }) => id === position))
}
