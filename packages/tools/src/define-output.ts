import type { Json, JsonForm, OutputCheck, OutputSpec } from '@capstan/core'
import { toJsonForm } from '@capstan/core/internal'
import { withRuntime } from './load-runtime.ts'
import { resolveSchema } from './schema/input-schema.ts'
import type { InputOf, InputSchema } from './schema/standard-schema.ts'

/**
 * Makes the output spec of an agent from a schema: `new Agent({ output: output(z.object({ … })) })`. It accepts the schemas that `tool()`
 * accepts. `result.output` is the JSON form of the parsed value and has the type of that form: a `Date` that a transform returns is a string.
 *
 * @throws {AgentError} `invalid-tool`, with the JSON pointer, when the schema cannot be shown to a model.
 */
export function output<const Schema extends InputSchema>(schema: Schema): OutputSpec<JsonForm<InputOf<Schema>>> {
  const resolved = resolveSchema(schema, undefined, 'The schema of the output')
  return {
    schema: resolved.json,
    parse: async (value: Json): Promise<OutputCheck<JsonForm<InputOf<Schema>>>> => {
      try {
        const checked = await withRuntime(({ checkInput }) => checkInput(resolved, value))
        // The schema checks at run time that the value has the type that it gives at compile time.
        if (checked.ok) return { ok: true, value: toJsonForm(checked.value as InputOf<Schema>) }
        return { ok: false, message: ['The output does not fit its schema:', ...checked.problems].join('\n') }
      } catch {
        return { ok: false, message: 'The output could not be checked against its schema.' }
      }
    },
  }
}
