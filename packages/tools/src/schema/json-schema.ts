import type { JsonObject, StandardIssue, StandardResult, StandardSchema } from '@capstan/core'
import { findSchemaProblem, invalidSchema } from './check-schema.ts'
import type { JsonSchema } from './standard-schema.ts'

/** A Standard Schema that was made of raw JSON Schema. */
export interface WrappedJsonSchema<Input> extends StandardSchema<Input> {
  readonly '~standard': StandardSchema<Input>['~standard'] & {
    readonly jsonSchema: { readonly input: () => JsonObject }
  }
}

/** The interpreter reports these beside the errors of what is inside: the inner ones say more. */
const containers: ReadonlySet<string> = new Set([
  '$ref',
  '$recursiveRef',
  'allOf',
  'anyOf',
  'oneOf',
  'properties',
  'patternProperties',
  'items',
  'prefixItems',
  'additionalItems',
  'dependentSchemas',
  'if',
])

/**
 * Wraps raw JSON Schema (draft 2020-12, or the one that `$schema` names) as a Standard Schema, and names its TypeScript type: `jsonSchema<{ city: string }>({ … })`.
 * Inputs are checked by an interpreter, without generated code; it is loaded with the first check. The type is taken on trust.
 *
 * @throws {AgentError} `invalid-tool`, when it is not a JSON Schema: unknown `type`, `$ref` that leads nowhere, invalid `pattern`.
 */
export function jsonSchema<Input = JsonObject>(schema: JsonSchema): WrappedJsonSchema<Input> {
  const problem = findSchemaProblem(schema)
  if (problem !== undefined) throw invalidSchema('A JSON Schema', problem)
  // Cloned, because the interpreter marks the schema that it is given; the check above has shown that it is plain JSON.
  const own = structuredClone(schema) as JsonObject
  let loading: Promise<(value: unknown) => readonly StandardIssue[]> | undefined
  return {
    '~standard': {
      version: 1,
      vendor: 'json-schema',
      jsonSchema: { input: () => own },
      async validate(value: unknown): Promise<StandardResult<Input>> {
        loading ??= loadInterpreter(own)
        const issues = (await loading)(value)
        // The caller named the type; the schema has just been checked.
        return issues.length > 0 ? { issues } : { value: value as Input }
      },
    },
  }
}

async function loadInterpreter(schema: JsonObject): Promise<(value: unknown) => readonly StandardIssue[]> {
  const { Validator } = await import('@cfworker/json-schema')
  const validator = new Validator(structuredClone(schema), draftOf(schema), false)
  return (value) => {
    const { valid, errors } = validator.validate(value)
    if (valid) return []
    const inner = errors.filter((error) => !containers.has(error.keyword) && !isEcho(error))
    return (inner.length > 0 ? inner : errors).map((error) => ({ message: error.error, path: toPath(error.instanceLocation) }))
  }
}

function draftOf(schema: JsonObject): '4' | '7' | '2019-09' | '2020-12' {
  const name = String(schema['$schema'])
  if (name.includes('2019-09')) return '2019-09'
  if (name.includes('draft-07') || name.includes('draft-06')) return '7'
  return name.includes('draft-04') ? '4' : '2020-12'
}

/** `additionalProperties: false` is reported on the object, with the key, and once more on the value as a false schema. */
function isEcho(error: { readonly keyword: string }): boolean {
  return error.keyword === 'false'
}

function toPath(location: string): readonly string[] {
  return location
    .split('/')
    .slice(1)
    .map((segment) => decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~'))
}
