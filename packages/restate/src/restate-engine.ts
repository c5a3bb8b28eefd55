import type { Decision, Engine, PendingQuestion } from '@capstan/core'
import { expiredDecision } from '@capstan/core/internal'
import { type DurablePromise, RestatePromise, TimeoutError, type WorkflowContext } from '@restatedev/restate-sdk'

/** The key under which the state of a workflow has the questions that were asked so far, decided or not. */
export const askedKey = 'asked'

/**
 * Implements `Engine` for one execution of a workflow: a step is a recorded `run`, and a question is a durable promise that is named by its
 * position. Use it in your own handler; `agentWorkflow` makes a handler for you.
 *
 * @param scope - One object for all runs of the workflow in this process.
 */
export function restateEngine(context: WorkflowContext, scope: object): Engine {
  const asked: PendingQuestion[] = []
  return {
    scope,
    async steps(steps) {
      // Bodies return failures as values, so no body needs to be repeated.
      return await RestatePromise.all(steps.map(({ name, run }) => context.run(name, run, { maxRetryAttempts: 1 })))
    },
    async decisions(questions) {
      asked.push(...questions)
      context.set(askedKey, asked)
      const inTime = await RestatePromise.all(questions.map((question) => decisionInTime(context, question)))
      const decisions: Decision[] = []
      // One after the other, because a replay must issue the commands in the same order.
      for (const [index, question] of questions.entries()) decisions.push(inTime[index] ?? (await expire(context, question)))
      return decisions
    },
  }
}

/** The decision about a question; `undefined` if the question expired before it was decided. */
function decisionInTime(context: WorkflowContext, { position, expiresInMs }: PendingQuestion): RestatePromise<Decision | undefined> {
  const decided = context.promise<Decision>(position).get()
  if (expiresInMs === undefined) return decided
  return decided.orTimeout(expiresInMs).map((decision, failure) => {
    if (failure !== undefined && !(failure instanceof TimeoutError)) throw failure
    return decision
  })
}

/** Decides that a question has expired, unless it was decided before: the first decision counts. */
async function expire(context: WorkflowContext, question: PendingQuestion): Promise<Decision> {
  const promise = context.promise<Decision>(question.position)
  await resolveFirst(promise, expiredDecision(question))
  return await promise.get()
}

/** Resolves a durable promise. If it is already resolved, it keeps its value. */
export async function resolveFirst(promise: DurablePromise<Decision>, decision: Decision): Promise<void> {
  try {
    await promise.resolve(decision)
  } catch (error) {
    if ((await promise.peek()) === undefined) throw error
  }
}
