import type { StandardIssue, StandardResult, StandardSchema } from '@capstan/core'
import type { WrappedJsonSchema } from './json-schema.ts'

/** A schema with a further check: what JSON Schema cannot say. A call that fails it is invalid, so nobody is asked about it. */
export function refineSchema<Input>(
  base: WrappedJsonSchema<Input>,
  check: (value: Input) => StandardIssue | undefined | Promise<StandardIssue | undefined>,
): StandardSchema<Input> {
  const { validate, ...others } = base['~standard']
  return {
    ...base,
    '~standard': {
      ...others,
      validate: async (value): Promise<StandardResult<Input>> => {
        const result = await validate(value)
        if (result.issues !== undefined) return result
        const issue = await check(result.value)
        return issue === undefined ? result : { issues: [issue] }
      },
    },
  }
}
