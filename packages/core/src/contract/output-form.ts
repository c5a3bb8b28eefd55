import { isJsonObject, type Json, type JsonObject } from './json.ts'
import type { OutputCheck, OutputSpec } from './output.ts'

/**
 * The form in which a model is asked for an output. Arguments of calls and JSON modes are objects, so any other output is asked for as
 * the only property of one: `{"value": ["a", "b"]}`. It is the same form in every mode.
 */
export interface OutputForm {
  /** JSON Schema whose top is an object without branches; the model gets it. */
  readonly schema: JsonObject
  /** True when the output is the property `value` of what the model writes. */
  readonly isWrapped: boolean
}

/** The property that takes an output that is not an object. */
export const wrapperName = 'value'

/** The form for a schema. A schema whose top is an object without branches stays as it is. */
export function outputForm(schema: JsonObject): OutputForm {
  const isObject = schema['type'] === 'object' && !Array.isArray(schema['anyOf']) && !Array.isArray(schema['oneOf'])
  return isObject ? { schema, isWrapped: false } : { schema: wrap(schema), isWrapped: true }
}

/**
 * Checks what a model wrote as its output. Models forget the wrapper at times, so a value without it is accepted if it fits, and so is
 * an output that has a property of the same name itself.
 */
export async function checkWritten(spec: OutputSpec, { isWrapped }: OutputForm, written: Json): Promise<OutputCheck<unknown>> {
  if (!isWrapped) return spec.parse(written)
  const inner = isJsonObject(written) && Object.hasOwn(written, wrapperName) ? written[wrapperName] : undefined
  const unwrapped = inner === undefined ? undefined : await spec.parse(inner)
  if (unwrapped?.ok === true) return unwrapped
  const bare = await spec.parse(written)
  if (bare.ok) return bare
  return unwrapped ?? { ok: false, message: `The answer must be an object with the property "${wrapperName}".\n${bare.message}` }
}

function wrap(schema: JsonObject): JsonObject {
  const taken = isJsonObject(schema['$defs']) ? schema['$defs'] : {}
  let name = 'output'
  while (Object.hasOwn(taken, name)) name += '_'
  let isReferred = false
  // What refers into the top of the schema must refer to where it is now.
  const moved = mapReferences(schema, (reference) => {
    if (!/^#(?:$|\/(?!\$defs\/|definitions\/))/.test(reference)) return reference
    isReferred = true
    return `#/$defs/${name}${reference.slice(1)}`
  })
  const { $defs, definitions, ...top } = moved
  const allDefs: JsonObject = { ...(isJsonObject($defs) ? $defs : {}), ...(isReferred ? { [name]: top } : {}) }
  return {
    type: 'object',
    properties: { [wrapperName]: isReferred ? { $ref: `#/$defs/${name}` } : top },
    required: [wrapperName],
    additionalProperties: false,
    ...(Object.keys(allDefs).length > 0 && { $defs: allDefs }),
    ...(definitions !== undefined && { definitions }),
  }
}

/** Keywords whose values are data, not schemas. */
const dataKeywords: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'example', 'examples'])
/** Keywords whose values are objects of schemas by name. */
const mapKeywords: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies'])

function mapReferences(schema: JsonObject, change: (reference: string) => string): JsonObject {
  const mapPart = (part: Json): Json => {
    if (Array.isArray(part)) return part.map(mapPart)
    return isJsonObject(part) ? mapReferences(part, change) : part
  }
  const entries = Object.entries(schema).map(([key, value]): readonly [string, Json] => {
    if (key === '$ref' && typeof value === 'string') return [key, change(value)]
    if (dataKeywords.has(key)) return [key, value]
    if (!mapKeywords.has(key) || !isJsonObject(value)) return [key, mapPart(value)]
    return [key, Object.fromEntries(Object.entries(value).map(([name, child]) => [name, mapPart(child)]))]
  })
  return Object.fromEntries(entries)
}
