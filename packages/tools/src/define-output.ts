import type { Json, JsonForm, JsonObject, OutputCheck, OutputSpec } from '@capstan/core'
import { toHonestJson } from '@capstan/core/internal'
import { withRuntime } from './load-runtime.ts'
import { resolveOutputSchema } from './schema/input-schema.ts'
import type { InputSchema } from './schema/standard-schema.ts'

/** The type of what a schema makes of an output. Raw JSON Schema has only the type that it names at its top. */
type OutputOf<Schema> = Schema extends { readonly '~standard': { readonly types?: { readonly output: infer Output } | undefined } }
  ? Output
  : Schema extends { readonly type: 'object' }
    ? JsonObject
    : Json

/**
 * Makes the output spec of an agent from a schema: `new Agent({ output: output(z.object({ … })) })`. It accepts the schemas that `tool()`
 * accepts, and of any type: lists, enums, unions, scalars. `result.output` is the JSON form of the parsed value and has the type of that form: a `Date` that a transform returns is a string.
 *
 * @throws {AgentError} `invalid-tool`, with the JSON pointer, when the schema cannot be shown to a model.
 */
export function output<const Schema extends InputSchema>(schema: Schema): OutputSpec<JsonForm<OutputOf<Schema>>> {
  const resolved = resolveOutputSchema(schema)
  return {
    schema: resolved.json,
    parse: async (value: Json): Promise<OutputCheck<JsonForm<OutputOf<Schema>>>> => {
      try {
        const checked = await withRuntime(({ checkInput }) => checkInput(resolved, value))
        // The schema checks at run time that the value has the type that it gives at compile time.
        if (checked.ok) return { ok: true, value: toHonestJson(checked.value as OutputOf<Schema>) }
        return { ok: false, message: ['The output does not fit its schema:', ...checked.problems].join('\n') }
      } catch {
        return { ok: false, message: 'The output could not be checked against its schema, or what the schema makes of it has no form in JSON.' }
      }
    },
  }
}
