import type { Json, JsonObject, StandardIssue } from '@capstan/core'
import { Evaluation, pathOf } from './evaluation.ts'
import { Planner } from './planner.ts'
import { finish, TooMuchWork, Work } from './work.ts'

/** Checks a value against a schema. The result is empty for a value that fits. */
export type Checker = (value: Json, work?: Work) => Promise<readonly StandardIssue[]>

/**
 * Makes the checker of a JSON Schema of any draft from 4 to 2020-12. The checker generates no code, yields to the event loop after each
 * slice of work, and does a bounded amount of work.
 *
 * @param schema - A schema in which `findSchemaProblem` finds no problem.
 */
export function createChecker(schema: JsonObject): Checker {
  const root = new Planner(schema).plan(schema)
  const tracksSeen = JSON.stringify(schema).includes('"unevaluated')
  return async (value, work = new Work()) => {
    try {
      const { issues } = await finish(new Evaluation(work, { tracksSeen }).check(root, { value, key: '', parent: undefined }))
      return issues.map(({ part, message }) => ({ message, path: pathOf(part) }))
    } catch (error) {
      if (error instanceof TooMuchWork) return [{ message: 'Checking this against the schema takes too much work. Send a smaller input.', path: [] }]
      throw error
    }
  }
}
