import type { Decision, Engine, PendingQuestion } from '@capstan/core'
import { expiredDecision } from '@capstan/core/internal'
import { type DurablePromise, RestatePromise, TimeoutError, type WorkflowContext } from '@restatedev/restate-sdk'

/** Where the state of a workflow has the questions that were asked so far, decided or not. */
export const askedKey = 'asked'

/**
 * The durability seam on one execution of a workflow: a step is a recorded `run`, a question is a durable promise with its position as name.
 * For a handler of one's own; `agentWorkflow` makes one.
 *
 * @param scope - One object for all runs of the workflow in this process.
 */
export function restateEngine(context: WorkflowContext, scope: object): Engine {
  const asked: PendingQuestion[] = []
  return {
    scope,
    async steps(steps) {
      // Bodies return failures as values: there is nothing to repeat.
      return await RestatePromise.all(steps.map(({ name, run }) => context.run(name, run, { maxRetryAttempts: 1 })))
    },
    async decisions(questions) {
      asked.push(...questions)
      context.set(askedKey, asked)
      const inTime = await RestatePromise.all(questions.map((question) => decisionInTime(context, question)))
      const decisions: Decision[] = []
      // In turn: the order of commands is what a replay follows.
      for (const [index, question] of questions.entries()) decisions.push(inTime[index] ?? (await expire(context, question)))
      return decisions
    },
  }
}

/** The decision about a question; `undefined` when it expired before anyone decided. */
function decisionInTime(context: WorkflowContext, { position, expiresInMs }: PendingQuestion): RestatePromise<Decision | undefined> {
  const decided = context.promise<Decision>(position).get()
  if (expiresInMs === undefined) return decided
  return decided.orTimeout(expiresInMs).map((decision, failure) => {
    if (failure !== undefined && !(failure instanceof TimeoutError)) throw failure
    return decision
  })
}

/** Decides that a question has expired, unless somebody was first: the first decision stays. */
async function expire(context: WorkflowContext, question: PendingQuestion): Promise<Decision> {
  const promise = context.promise<Decision>(question.position)
  await resolveFirst(promise, expiredDecision(question))
  return await promise.get()
}

/** Resolves a durable promise that may be resolved already: then the earlier value stays. */
export async function resolveFirst(promise: DurablePromise<Decision>, decision: Decision): Promise<void> {
  try {
    await promise.resolve(decision)
  } catch (error) {
    if ((await promise.peek()) === undefined) throw error
  }
}
