import type { Decision, Engine, PendingQuestion } from '@capstan/core'
import { RestatePromise, type WorkflowContext } from '@restatedev/restate-sdk'

/** Where the state of a workflow has the questions that were asked so far, decided or not. */
export const askedKey = 'asked'

/**
 * The durability seam on one execution of a workflow: a step is a recorded `run`, a question is a durable promise with its id as name.
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
      return await RestatePromise.all(questions.map(({ id }) => context.promise<Decision>(id).get()))
    },
  }
}
