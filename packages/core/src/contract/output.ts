import { parseExactly, stringAdvice } from './exact-json.ts'
import { isJsonObject, type Json, type JsonForm, type JsonObject } from './json.ts'
import type { ModelTraits } from './model.ts'
import type { StandardSchema } from './standard-schema.ts'

/** What the output of an agent must be: JSON of a given shape, such as an object, a list or one of some words. `output(schema)` of `@capstan/tools` makes one of a schema. */
export interface OutputSpec<Output = unknown> {
  /** JSON Schema of the output. If its top is not an object, the model is asked for it as the property `value` of one. */
  readonly schema: JsonObject
  /** Checks parsed JSON. Never throws. */
  parse(value: Json): Promise<OutputCheck<Output>>
}

/** The checked value, or the message for the model about what to correct. */
export type OutputCheck<Output> = { readonly ok: true; readonly value: Output } | { readonly ok: false; readonly message: string }

/**
 * What a model has written of an output so far: any property may be missing, a list may lack items, a string may lack its end. It is not
 * checked: it is JSON before defaults, transforms and corrections, so only the output at the end is known to have these types.
 */
export type PartialOutput<Output> = PartialForm<JsonForm<Output>>

type PartialForm<Value> = unknown extends Value
  ? Value
  : Value extends string
    ? string
    : Value extends number
      ? number
      : Value extends boolean
        ? boolean
        : Value extends null | undefined
          ? Value
          : Value extends readonly (infer Item)[]
            ? readonly PartialForm<Item>[]
            : { readonly [Key in keyof Value]?: PartialForm<Value[Key]> }

/**
 * Reads the schemas of libraries. `output` of `@capstan/tools` is one; the `Agent` of `capstan` has it.
 *
 * @throws {AgentError} `invalid-tool`, with the JSON pointer, when the schema cannot be shown to a model.
 */
export type SchemaReader = (schema: StandardSchema) => OutputSpec

/** True for an output spec, false for a schema that a reader has to read first. */
export function isOutputSpec<Output>(output: OutputSpec<Output> | StandardSchema<Output>): output is OutputSpec<Output> {
  return !('~standard' in output) && typeof output?.parse === 'function' && isJsonObject(output.schema)
}

/**
 * How the model is asked for JSON:
 *
 * - `native`: the endpoint guarantees that the output fits the schema;
 * - `json`: the endpoint guarantees JSON, and the instructions contain the schema;
 * - `tool`: a tool of the loop takes the output; no tool choice is forced, because thinking models refuse that;
 * - `text`: only the instructions contain the schema.
 *
 * In each mode the output is checked here; if it does not fit, the model gets the problems and another request, at most twice.
 */
export type OutputMode = 'native' | 'json' | 'tool' | 'text'

/** Name of the tool that takes the output in mode `tool`. */
export const outputToolName = 'final_answer'

/** The best mode that a model's endpoint has. An agent with tools of its own uses mode `tool`. */
export function chooseOutputMode(traits: ModelTraits, hasTools: boolean): OutputMode {
  const [best] = traits.outputModes ?? []
  if (hasTools && traits.tools) return 'tool'
  return best ?? (traits.tools ? 'tool' : 'text')
}

/** What is added to the instructions. */
export function outputInstructions(mode: OutputMode, schema: JsonObject): string {
  if (mode === 'tool') return `Give your final answer by calling the tool ${outputToolName}, once, when you have it. Do not give it as text.`
  return `Answer with one JSON object and nothing else: no code fence, no words around it. It must fit this JSON Schema:\n${JSON.stringify(schema)}`
}

/**
 * Finds the JSON of an output: the complete text, or the content of its only code fence, or from its first brace to its last.
 *
 * @param schema - What the output must fit: it says where a number may become the string that was written.
 */
export function readJsonText(text: string, schema: JsonObject): { readonly value: Json } | { readonly problem: string } {
  const trimmed = text.trim()
  const fenced = fencedText(trimmed)
  const braced = trimmed.slice(trimmed.indexOf('{'), trimmed.lastIndexOf('}') + 1)
  let problem = 'there is no text'
  for (const candidate of [trimmed, fenced, braced]) {
    if (!candidate) continue
    try {
      const read = parseExactly(candidate, schema)
      if ('value' in read) return read
      return { problem: ['Numbers in the answer would change:', ...read.problems, stringAdvice].join('\n') }
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
    }
  }
  return { problem: `The answer is not valid JSON: ${problem}.` }
}

/** The content of the only code fence, if it is one of JSON. A regular expression for this takes quadratic time on white space. */
function fencedText(text: string): string | undefined {
  const [before = '', content, after, ...others] = text.split('```')
  const lineEnd = content?.indexOf('\n') ?? -1
  if (content === undefined || after === undefined || others.length > 0 || lineEnd === -1 || `${before}${after}`.includes('`')) return undefined
  return ['', 'json'].includes(content.slice(0, lineEnd).trim()) ? content.slice(lineEnd + 1).trim() : undefined
}

/** Joins instructions with what the output adds to them. */
export function joinInstructions(instructions: string | undefined, added: string | undefined): string | undefined {
  return instructions === undefined || added === undefined ? (instructions ?? added) : `${instructions}\n\n${added}`
}
