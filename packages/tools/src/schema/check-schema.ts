import { AgentError } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

/** What is wrong with a schema, and where: a JSON pointer into it. */
export interface SchemaProblem {
  readonly pointer: string
  readonly message: string
}

const typeNames: ReadonlySet<unknown> = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'])
const schemaKeys = [
  'additionalProperties',
  'items',
  'additionalItems',
  'contains',
  'not',
  'if',
  'then',
  'else',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
]
const listKeys = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const mapKeys = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']
const maxDepth = 100

/** The error for a schema that cannot be offered to a model. */
export function invalidSchema(what: string, problem: SchemaProblem, cause?: unknown): AgentError {
  const place = problem.pointer === '' ? 'at its top' : `at ${problem.pointer}`
  return new AgentError(`${what} cannot be used: ${place}, ${problem.message}`, { code: 'invalid-tool', cause })
}

/**
 * Finds the first problem that would otherwise appear at the first call: something that is not JSON, an unknown `type`, a `$ref`
 * that leads nowhere, a `pattern` that is no regular expression.
 */
export function findSchemaProblem(schema: unknown): SchemaProblem | undefined {
  const notJson = findNonJson(schema, '', 0)
  if (notJson !== undefined) return notJson
  if (!isJsonObject(schema))
    return { pointer: '', message: 'it is not an object. Give a JSON Schema object, or a schema of a library that speaks Standard Schema.' }
  return findIn(schema, { root: schema, pointer: '' })
}

/** The top of a tool's schema must be an object, because the arguments of a call are one. */
export function findTopProblem(schema: unknown): SchemaProblem | undefined {
  if (isJsonObject(schema) && schema['type'] === 'object') return undefined
  const found = isJsonObject(schema) ? (schema['type'] ?? Object.keys(schema).find((key) => listKeys.includes(key)) ?? 'no type') : typeof schema
  return {
    pointer: '/type',
    message: `the top must be of type "object", found ${JSON.stringify(found)}. Put it into a property of an object, such as { input: … }.`,
  }
}

function findNonJson(value: unknown, pointer: string, depth: number): SchemaProblem | undefined {
  if (depth > maxDepth) return { pointer, message: `it is nested deeper than ${maxDepth} levels, or refers to itself. Use $defs and $ref.` }
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return undefined
  if (typeof value !== 'object') return { pointer, message: `a ${typeof value} is not JSON.` }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return {
      pointer,
      message:
        'it is an instance of a class, not plain JSON. If it is a schema of a library, it needs Standard Schema (zod >= 3.25, valibot >= 1, arktype >= 2).',
    }
  }
  for (const [key, entry] of Object.entries(value)) {
    if (entry === undefined) continue
    const problem = findNonJson(entry, `${pointer}/${escapePointer(key)}`, depth + 1)
    if (problem !== undefined) return problem
  }
  return undefined
}

interface Place {
  readonly root: unknown
  readonly pointer: string
}

function findIn(schema: unknown, place: Place): SchemaProblem | undefined {
  if (typeof schema === 'boolean') return undefined
  if (!isJsonObject(schema)) return { pointer: place.pointer, message: 'a schema must be an object or a boolean.' }
  return findInKeywords(schema, place) ?? findInChildren(schema, place)
}

function findInKeywords(schema: Readonly<Record<string, unknown>>, { root, pointer }: Place): SchemaProblem | undefined {
  const type = schema['type']
  const badType = type !== undefined && [type].flat().find((name) => !typeNames.has(name))
  if (badType !== undefined && badType !== false)
    return { pointer: `${pointer}/type`, message: `${JSON.stringify(badType)} is no JSON Schema type (${[...typeNames].join(', ')}).` }
  const required = schema['required']
  if (required !== undefined && !(Array.isArray(required) && required.every((key) => typeof key === 'string'))) {
    return { pointer: `${pointer}/required`, message: 'it must be a list of property names.' }
  }
  const reference = schema['$ref']
  if (reference !== undefined && resolveReference(root, reference) === undefined) {
    return { pointer: `${pointer}/$ref`, message: `${JSON.stringify(reference)} leads nowhere. Refer to a place inside this schema, such as "#/$defs/name".` }
  }
  for (const pattern of [schema['pattern'], ...Object.keys(isJsonObject(schema['patternProperties']) ? schema['patternProperties'] : {})]) {
    if (pattern !== undefined && !isPattern(pattern))
      return { pointer: `${pointer}/pattern`, message: `${JSON.stringify(pattern)} is no regular expression that JavaScript takes with the "u" flag.` }
  }
  return undefined
}

function findInChildren(schema: Readonly<Record<string, unknown>>, { root, pointer }: Place): SchemaProblem | undefined {
  const badList = listKeys.find((key) => schema[key] !== undefined && !Array.isArray(schema[key]))
  if (badList !== undefined) return { pointer: `${pointer}/${badList}`, message: 'it must be a list of schemas.' }
  const badMap = mapKeys.find((key) => schema[key] !== undefined && !isJsonObject(schema[key]))
  if (badMap !== undefined) return { pointer: `${pointer}/${badMap}`, message: 'it must be an object of schemas.' }
  for (const [way, child] of childrenOf(schema)) {
    const problem = findIn(child, { root, pointer: `${pointer}/${way}` })
    if (problem !== undefined) return problem
  }
  return undefined
}

function* childrenOf(schema: Readonly<Record<string, unknown>>): Generator<readonly [string, unknown]> {
  for (const key of schemaKeys) {
    // Before draft 2020-12 a tuple was a list of schemas in `items`.
    if (schema[key] !== undefined && !Array.isArray(schema[key])) yield [key, schema[key]]
  }
  for (const key of ['items', ...listKeys, ...mapKeys]) {
    const children = schema[key]
    const isMany = Array.isArray(children) || (key !== 'items' && isJsonObject(children))
    if (isMany) for (const [name, child] of Object.entries(children)) yield [`${key}/${escapePointer(name)}`, child]
  }
}

/** Follows a reference inside a schema, such as `#` or `#/$defs/node`. */
export function resolveReference(root: unknown, reference: unknown): unknown {
  if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) return undefined
  let place: unknown = root
  for (const segment of reference.slice(1).split('/').slice(1)) {
    const key = decodeSegment(segment)
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, key)) return undefined
    place = Reflect.get(place, key)
  }
  return place
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return segment
  }
}

function isPattern(pattern: unknown): boolean {
  try {
    return typeof pattern === 'string' && new RegExp(pattern, 'u') instanceof RegExp
  } catch {
    return false
  }
}

/** Makes a property name a segment of a JSON pointer. */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
