import type { Json, JsonObject, StandardIssue } from '@capstan/core'
import { finishInTurns, type Steps } from '@capstan/core/internal'
import { Evaluation, pathOf } from './evaluation.ts'
import { Planner } from './planner.ts'
import { TooMuchWork, Work } from './work.ts'

/** Checks a value against a schema, at once where it is small. The result is empty for a value that fits. */
export type Checker = (value: Json, work?: Work) => readonly StandardIssue[] | Promise<readonly StandardIssue[]>

/**
 * Makes the checker of a JSON Schema of any draft from 4 to 2020-12. The checker generates no code, yields to the event loop after each
 * slice of work, and does a bounded amount of work.
 *
 * @param schema - A schema in which `findSchemaProblem` finds no problem.
 */
export function createChecker(schema: JsonObject): Checker {
  const root = new Planner(schema).plan(schema)
  const tracksSeen = JSON.stringify(schema).includes('"unevaluated')
  function* check(value: Json, work: Work): Steps<readonly StandardIssue[]> {
    try {
      const { issues } = yield* new Evaluation(work, { tracksSeen }).check(root, { value, key: '', parent: undefined })
      return issues.length === 0 ? noIssues : issues.map(({ part, message }) => ({ message, path: pathOf(part) }))
    } catch (error) {
      if (error instanceof TooMuchWork) return [{ message: 'Checking this against the schema takes too much work. Send a smaller input.', path: [] }]
      throw error
    }
  }
  return (value, work = new Work()) => finishInTurns(check(value, work))
}

const noIssues: readonly StandardIssue[] = []
