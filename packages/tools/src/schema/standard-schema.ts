import type { JsonObject, StandardSchema } from '@capstan/core'

/** Raw JSON Schema: a literal, or one of the interfaces that other packages declare for it. */
export type JsonSchema = JsonObject | { readonly type?: unknown; readonly properties?: unknown }

/** What `inputSchema` of a tool may be. */
export type InputSchema = StandardSchema | JsonSchema

/** What `execute` receives: the output side of the schema, so defaults are there and transforms are done. */
export type InputOf<Schema> = Schema extends { readonly '~standard': { readonly types?: { readonly output: infer Output } | undefined } } ? Output : JsonObject

/** True for anything that speaks Standard Schema; some libraries make their schemas functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !('~standard' in value)) return false
  const standard = value['~standard']
  return typeof standard === 'object' && standard !== null && 'validate' in standard && typeof standard.validate === 'function'
}
