import type { Json, JsonObject, StandardIssue } from '@capstan/core'
import { Evaluation, pathOf } from './evaluation.ts'
import { Planner } from './planner.ts'
import { finish, TooMuchWork, Work } from './work.ts'

/** Checks a value against a schema. Empty for a value that fits. */
export type Checker = (value: Json, work?: Work) => Promise<readonly StandardIssue[]>

/**
 * Makes the checker of a JSON Schema, of any draft from 4 to 2020-12. It generates no code, and gives the event loop its turn after each
 * slice of work; its work is bounded.
 *
 * @param schema - A schema without the problems that `findSchemaProblem` finds.
 */
export function createChecker(schema: JsonObject): Checker {
  const root = new Planner(schema).plan(schema)
  const tracksSeen = JSON.stringify(schema).includes('"unevaluated')
  return async (value, work = new Work()) => {
    try {
      const { issues } = await finish(new Evaluation(work, { tracksSeen }).check(root, { value, key: '', parent: undefined }))
      return issues.map(({ part, message }) => ({ message, path: pathOf(part) }))
    } catch (error) {
      if (error instanceof TooMuchWork) return [{ message: 'It takes too much work to check this against the schema. Send less.', path: [] }]
      throw error
    }
  }
}
