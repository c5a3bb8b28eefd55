import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

const general = ['type', 'description', 'title', 'default', 'enum']
const byType: Readonly<Record<string, readonly string[]>> = {
  object: [...general, 'properties', 'required', 'additionalProperties'],
  array: [...general, 'items', 'minItems', 'maxItems'],
  string: [...general, 'minLength', 'maxLength'],
  number: [...general, 'minimum', 'maximum'],
  integer: [...general, 'minimum', 'maximum'],
  boolean: general,
  null: general,
}
const besideUnion = ['anyOf', '$ref', 'description', 'title']
const reserved = ['$defs', '$ref', 'anyOf', 'required', 'additionalProperties']

/**
 * Checks a schema against the rules of Moonshot's flavour as its page states them, for tests: written apart from the lowering.
 *
 * @returns What is wrong; `undefined` when nothing was found.
 * @see https://github.com/MoonshotAI/walle/blob/main/docs/walle.md
 */
export function mfjsProblem(schema: Json, at = ''): string | undefined {
  if (!isJsonObject(schema)) return `${at}: no object`
  const isRoot = at === ''
  const { $defs, $id: _id, ...own } = schema
  if (!isRoot && $defs !== undefined) return `${at}: $defs below the root`
  const definitions = isJsonObject($defs) ? Object.entries($defs) : []
  const named = definitions.find(([name]) => name === '' || name.includes('/'))
  if (named !== undefined) return `${at}: a definition named '${named[0]}'`
  return (
    unionProblem(own, at) ?? typeProblem(own, at) ?? first([...definitions.map(([name, child]) => [`/$defs/${name}`, child] as const), ...children(own)], at)
  )
}

function unionProblem(schema: JsonObject, at: string): string | undefined {
  if (schema['anyOf'] === undefined && schema['$ref'] === undefined) return undefined
  const beside = Object.keys(schema).filter((key) => !besideUnion.includes(key))
  if (beside.length > 0) return `${at}: ${beside.join(', ')} beside anyOf or $ref`
  const { anyOf } = schema
  if (anyOf !== undefined && !(Array.isArray(anyOf) && anyOf.length >= 1 && anyOf.length <= 10)) return `${at}: anyOf of no 1 to 10 branches`
  return undefined
}

function typeProblem(schema: JsonObject, at: string): string | undefined {
  if (schema['anyOf'] !== undefined || schema['$ref'] !== undefined) return undefined
  const { type, required, properties } = schema
  if (typeof type !== 'string' || byType[type] === undefined) return `${at}: type ${JSON.stringify(type)}`
  const wrong = Object.keys(schema).filter((key) => !byType[type]?.includes(key))
  if (wrong.length > 0) return `${at}: ${wrong.join(', ')} in a schema of type ${type}`
  const names = Object.keys(isJsonObject(properties) ? properties : {})
  const bad = names.find((name) => name === '' || reserved.includes(name))
  if (bad !== undefined) return `${at}: a property named '${bad}'`
  const undeclared = (Array.isArray(required) ? required : []).find((name: Json) => !names.includes(String(name)))
  return undeclared === undefined ? valuesProblem(schema, at) : `${at}: ${String(undeclared)} is required and not declared`
}

function valuesProblem({ enum: values, type, minLength, maxLength, minimum, maximum, minItems, maxItems }: JsonObject, at: string): string | undefined {
  if (Array.isArray(values)) {
    if (values.length === 0 || values.length > 500) return `${at}: an enum of ${values.length} values`
    const kinds = new Set(values.map((value: Json) => typeof value))
    const expected = type === 'integer' ? 'number' : type
    if (kinds.size > 1 || !kinds.has(expected as 'string')) return `${at}: an enum of other types`
  }
  const pairs = [
    [minLength, maxLength],
    [minimum, maximum],
    [minItems, maxItems],
  ] as const
  return pairs.some(([low, high]) => Number(low ?? 0) > Number(high ?? Number.POSITIVE_INFINITY) && low !== undefined)
    ? `${at}: bounds that exclude all`
    : undefined
}

function children({ properties, items, additionalProperties, anyOf }: JsonObject): (readonly [string, Json])[] {
  return [
    ...Object.entries(isJsonObject(properties) ? properties : {}).map(([name, child]) => [`/properties/${name}`, child] as const),
    ...(items === undefined ? [] : [['/items', items] as const]),
    ...(isJsonObject(additionalProperties) ? [['/additionalProperties', additionalProperties] as const] : []),
    ...(Array.isArray(anyOf) ? anyOf.map((child: Json, index) => [`/anyOf/${index}`, child] as const) : []),
  ]
}

function first(places: readonly (readonly [string, Json])[], at: string): string | undefined {
  for (const [name, child] of places) {
    const problem = mfjsProblem(child, `${at}${name}`)
    if (problem !== undefined) return problem
  }
  return undefined
}
