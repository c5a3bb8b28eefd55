import type { Json, JsonObject, StandardResult, StandardSchema } from '@capstan/core'
import { whenReady } from '../input/at-once.ts'
import type { Checker } from '../interpreter/create-checker.ts'
import { findSchemaProblem, invalidSchema } from './check-schema.ts'
import type { JsonSchema } from './standard-schema.ts'

/** A Standard Schema made from raw JSON Schema. */
export interface WrappedJsonSchema<Input> extends StandardSchema<Input> {
  readonly '~standard': StandardSchema<Input>['~standard'] & {
    readonly jsonSchema: { readonly input: () => JsonObject }
  }
}

/** The vendor name of schemas made by `jsonSchema`. */
export const jsonSchemaVendor = 'json-schema'

/**
 * Wraps raw JSON Schema as a Standard Schema and gives it a TypeScript type: `jsonSchema<{ city: string }>({ … })`. Supports drafts 4 to
 * 2020-12 and `nullable` of OpenAPI 3.0. An interpreter checks inputs, without generated code, in bounded time and without blocking the
 * event loop; it is loaded with the first check. Nothing checks that the TypeScript type matches the schema.
 *
 * @throws {AgentError} `invalid-tool`, with the JSON pointer, if it is not a JSON Schema.
 */
export function jsonSchema<Input = JsonObject>(schema: JsonSchema): WrappedJsonSchema<Input> {
  const problem = findSchemaProblem(schema)
  if (problem !== undefined) throw invalidSchema('A JSON Schema', problem)
  // A copy, because the caller may change the original. The check above ensures that it is plain JSON.
  const own = structuredClone(schema) as JsonObject
  // Loaded with the first check; later ones find it here.
  let checker: Checker | Promise<Checker> | undefined
  const load = async (): Promise<Checker> => {
    const { createChecker } = await import('../interpreter/create-checker.ts')
    checker = createChecker(own)
    return checker
  }
  const loaded = (): Checker | Promise<Checker> => {
    checker ??= load()
    return checker
  }
  return {
    '~standard': {
      version: 1,
      vendor: jsonSchemaVendor,
      jsonSchema: { input: () => own },
      // Inputs are JSON; the caller gives their type.
      validate: (value: unknown) =>
        whenReady(loaded(), (check) =>
          whenReady(check(value as Json), (issues): StandardResult<Input> => (issues.length > 0 ? { issues } : { value: value as Input })),
        ),
    },
  }
}
