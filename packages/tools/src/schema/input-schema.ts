import { AgentError, type JsonObject, type StandardSchema } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { findSchemaProblem, invalidSchema, type SchemaProblem } from './check-schema.ts'
import { ConversionError, convertZod3, convertZod4, isZod3, isZod4 } from './convert-zod.ts'
import { jsonSchema, jsonSchemaVendor } from './json-schema.ts'
import { normaliseSchema } from './normalise.ts'
import { type ObjectSchema, toObjectSchema, toOutputSchema } from './object-schema.ts'
import { isStandardSchema } from './standard-schema.ts'
import { uncheckedPatterns } from './unchecked-patterns.ts'

/** A schema as a tool uses it: the JSON Schema that is sent, and the schema that checks. */
export interface ResolvedSchema {
  readonly json: JsonObject
  readonly standard: StandardSchema
}

/**
 * Reads any supported schema: makes the JSON Schema that is sent to the model, with an object at its top, and the schema that checks inputs.
 *
 * @param shown - JSON Schema to show to the model in place of the converted one.
 * @param what - Names the tool in errors.
 * @throws {AgentError} `invalid-tool`, with the JSON pointer and how to fix it.
 */
export function resolveSchema(schema: unknown, shown: unknown, what: string): ResolvedSchema {
  return readSchema(schema, { shown, what, toTop: toObjectSchema })
}

/**
 * Reads any supported schema of an output. Its top need not be an object.
 *
 * @throws {AgentError} `invalid-tool`, with the JSON pointer and how to fix it.
 */
export function resolveOutputSchema(schema: unknown): ResolvedSchema {
  return readSchema(schema, { shown: undefined, what: 'The schema of the output', toTop: toOutputSchema })
}

interface Reading {
  readonly shown: unknown
  readonly what: string
  readonly toTop: (schema: JsonObject) => ObjectSchema
}

function readSchema(schema: unknown, { shown, what, toTop }: Reading): ResolvedSchema {
  try {
    const standard = toStandard(schema)
    const converted = shown ?? convert(standard)
    const problem = findSchemaProblem(converted)
    if (problem !== undefined) throw new ConversionError(problem.message, problem.pointer)
    // `findSchemaProblem` has checked that it is plain JSON.
    const top = toTop(converted as JsonObject)
    if ('problem' in top) throw new ConversionError(top.problem.message, top.problem.pointer)
    if (standard['~standard'].vendor === jsonSchemaVendor) warnOfPatterns(what, convert(standard) as JsonObject)
    return { json: normaliseSchema(top.schema, shown === undefined && standard['~standard'].vendor === 'zod'), standard }
  } catch (error) {
    if (AgentError.is(error)) throw new AgentError(error.message.replace('A JSON Schema', what), { code: 'invalid-tool', cause: error })
    throw invalidSchema(what, explain(error, schema), error)
  }
}

/** Warns of patterns that are not checked. Used for raw JSON Schema only, because libraries check their patterns themselves. */
function warnOfPatterns(what: string, schema: JsonObject): void {
  for (const { pointer, reason } of uncheckedPatterns(schema)) {
    process.emitWarning(`${what}: the pattern at ${pointer} is not checked: ${reason}.`, {
      type: 'CapstanWarning',
      code: 'CAPSTAN_UNCHECKED_PATTERN',
      detail: 'Inputs that do not match it reach the tool. Check them in `execute`, or write the pattern in JavaScript syntax without back references.',
    })
  }
}

function toStandard(schema: unknown): StandardSchema {
  if (isStandardSchema(schema)) return schema
  if (isForeignWrapper(schema)) return fromForeignWrapper(schema)
  if (typeof schema === 'object' && schema !== null) {
    if (isZod3(schema)) throw new ConversionError('this version of zod is too old. Use zod >= 3.25.')
    return jsonSchema(schema)
  }
  throw new ConversionError(
    `expected a schema, found ${schema === null ? 'null' : typeof schema}. Give a zod schema, another Standard Schema or JSON Schema; for no input, { type: 'object', properties: {} }.`,
  )
}

/** `jsonSchema()` of the AI SDK: `{ jsonSchema, validate? }`. */
interface ForeignWrapper {
  readonly jsonSchema: unknown
  readonly validate?: unknown
}

function isForeignWrapper(schema: unknown): schema is ForeignWrapper {
  return typeof schema === 'object' && schema !== null && Symbol.for('vercel.ai.schema') in schema && 'jsonSchema' in schema
}

function fromForeignWrapper(wrapper: ForeignWrapper): StandardSchema {
  const json = wrapper.jsonSchema
  if (!isJsonObject(json)) throw new ConversionError('its jsonSchema is a promise or missing. Pass the JSON Schema itself.')
  const standard = jsonSchema<unknown>(json)
  const { validate } = wrapper
  if (typeof validate !== 'function') return standard
  return {
    '~standard': {
      ...standard['~standard'],
      async validate(value) {
        const result: unknown = await Reflect.apply(validate, wrapper, [value])
        if (isJsonLike(result) && result['success'] === true) return { value: result['value'] }
        const error = isJsonLike(result) ? result['error'] : undefined
        return { issues: [{ message: error instanceof Error ? error.message : 'It does not fit the schema.' }] }
      },
    },
  }
}

function isJsonLike(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** Prefers the converter of the schema itself, because another copy of the library may convert it wrongly without an error. */
function convert(schema: StandardSchema): unknown {
  const standard: Readonly<Record<string, unknown>> = { ...schema['~standard'] }
  const own = standard['jsonSchema']
  const input = isJsonLike(own) ? own['input'] : undefined
  if (typeof input === 'function') return Reflect.apply(input, own, [{ target: 'draft-2020-12' }])
  if (isZod4(schema)) return convertZod4(schema)
  if (isZod3(schema)) return convertZod3(schema)
  throw new ConversionError(
    `schemas of "${schema['~standard'].vendor}" cannot be shown as JSON Schema by themselves. Wrap the schema with its converter (valibot: toStandardJsonSchema of @valibot/to-json-schema), or pass \`jsonSchema\` beside it.`,
  )
}

function explain(error: unknown, schema: unknown): SchemaProblem {
  if (error instanceof ConversionError) return { pointer: error.pointer, message: error.message }
  const message = error instanceof Error ? error.message : 'its converter failed.'
  const help =
    'Dates, bigints, maps and the like cannot be expressed in JSON: use a string or a number and transform it (zod: z.iso.datetime(), z.coerce, a codec), or pass `jsonSchema` beside it.'
  return { pointer: findUnrepresentable(schema, ''), message: `${message.replace(/\.?$/, '.')} ${help}` }
}

/** Finds the part that cannot be converted, because libraries do not name it: the deepest part whose own conversion fails. */
function findUnrepresentable(schema: unknown, pointer: string): string {
  for (const [segment, part] of partsOf(schema)) {
    try {
      if (isStandardSchema(part)) convert(part)
    } catch {
      return findUnrepresentable(part, `${pointer}${segment}`)
    }
  }
  return pointer
}

function partsOf(schema: unknown): readonly (readonly [string, unknown])[] {
  const internals = isJsonLike(schema) ? schema['_zod'] : undefined
  const def = isJsonLike(internals) ? internals['def'] : undefined
  if (!isJsonLike(def)) return []
  const shape = isJsonLike(def['shape']) ? def['shape'] : {}
  const properties = Object.entries(shape).map(([key, part]) => [`/properties/${key}`, part] as const)
  return [...properties, ['/items', def['element']], ['', def['innerType']]]
}
