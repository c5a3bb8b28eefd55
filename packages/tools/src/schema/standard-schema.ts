import type { JsonObject, StandardSchema } from '@capstan/core'

/** Raw JSON Schema: a literal, or an interface that another package declares for it. */
export type JsonSchema = JsonObject | { readonly type?: unknown; readonly properties?: unknown }

/** The types that `inputSchema` of a tool accepts. */
export type InputSchema = StandardSchema | JsonSchema

/** The type that `execute` receives: the output type of the schema, after defaults and transforms. */
export type InputOf<Schema> = Schema extends { readonly '~standard': { readonly types?: { readonly output: infer Output } | undefined } } ? Output : JsonObject

/** True for any object or function that implements Standard Schema; the schemas of some libraries are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !('~standard' in value)) return false
  const standard = value['~standard']
  return typeof standard === 'object' && standard !== null && 'validate' in standard && typeof standard.validate === 'function'
}
