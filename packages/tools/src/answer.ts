import type { Json, JsonForm, OutputCheck, OutputSpec } from '@capstan/core'
import { toJsonForm } from '@capstan/core/internal'
import { withRuntime } from './load-runtime.ts'
import { resolveSchema } from './schema/input-schema.ts'
import type { InputOf, InputSchema } from './schema/standard-schema.ts'

/**
 * Makes of a schema what the final answer of an agent must be: `new Agent({ output: output(z.object({ … })) })`. The same schemas
 * as for `tool()`; `result.output` has their type. It is kept as JSON: a date that a transform makes is its text there.
 *
 * @throws {AgentError} `invalid-tool`, with the JSON pointer, when the schema cannot be shown to a model.
 */
export function output<const Schema extends InputSchema>(schema: Schema): OutputSpec<JsonForm<InputOf<Schema>>> {
  const resolved = resolveSchema(schema, undefined, 'The schema of the output')
  return {
    schema: resolved.json,
    parse: async (answer: Json): Promise<OutputCheck<JsonForm<InputOf<Schema>>>> => {
      try {
        const checked = await withRuntime(({ checkInput }) => checkInput(resolved, answer))
        // The schema checks at run time that the answer has the type that it gives at compile time.
        if (checked.ok) return { ok: true, value: toJsonForm(checked.value as InputOf<Schema>) }
        return { ok: false, message: ['The answer does not fit its schema:', ...checked.problems].join('\n') }
      } catch {
        return { ok: false, message: 'The answer could not be checked against its schema.' }
      }
    },
  }
}
