import type { AgentError } from '@capstan/core'
import { escapePointer, isJsonObject, refusedTool, resolveReference, typeNames, typeOf } from '@capstan/core/internal'
import { findCycle } from './find-cycle.ts'
import { listKeywords, mapKeywords, walkSchemas } from './walk-schemas.ts'

/** A problem of a schema, and its position as a JSON pointer. */
export interface SchemaProblem {
  readonly pointer: string
  readonly message: string
}

const maxDepth = 100
const endlessMessage = 'it refers to itself without end. Refer to it from one of its properties or items, or remove the $ref.'

/** The error for a schema that cannot be offered to a model. */
export function invalidSchema(what: string, problem: SchemaProblem, cause?: unknown): AgentError {
  const position = problem.pointer === '' ? 'at its top' : `at ${problem.pointer}`
  return refusedTool(`${what} cannot be used: ${position}, ${problem.message}`, cause)
}

/**
 * Finds the first problem that would otherwise appear at the first call, or with every call: a value that is not JSON, an unknown `type`,
 * a `$ref` without a target or to itself, a keyword whose value has the wrong type, an `enum` without a value of the `type`.
 */
export function findSchemaProblem(schema: unknown): SchemaProblem | undefined {
  const notJson = findNonJson(schema, '', 0)
  if (notJson !== undefined) return notJson
  if (!isJsonObject(schema))
    return { pointer: '', message: 'it is not an object. Give a JSON Schema object, or a schema of a library that implements Standard Schema.' }
  for (const found of walkSchemas(schema)) {
    const problem = findInSchema(found.schema, schema)
    if (problem !== undefined) return { pointer: `${found.pointer}${problem.pointer}`, message: problem.message }
  }
  const cycle = findCycle(schema)
  return cycle === undefined ? undefined : { pointer: cycle, message: endlessMessage }
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

function findInSchema(schema: unknown, root: unknown): SchemaProblem | undefined {
  if (typeof schema === 'boolean') return undefined
  if (!isJsonObject(schema)) return { pointer: '', message: 'a schema must be an object or a boolean.' }
  return findBadType(schema) ?? findBadKeyword(schema) ?? findBadReference(schema, root) ?? findImpossible(schema)
}

type Schema = Readonly<Record<string, unknown>>

function findBadType({ type }: Schema): SchemaProblem | undefined {
  if (type === undefined) return undefined
  const names: readonly unknown[] = [type].flat()
  const bad = names.find((name) => !typeNames.some((known) => known === name))
  if (names.length > 0 && bad === undefined) return undefined
  return { pointer: '/type', message: `${JSON.stringify(bad ?? type)} is not a type of JSON Schema (${typeNames.join(', ')}).` }
}

const isNumber = (value: unknown): boolean => typeof value === 'number'
const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0
// A boolean in draft 4, a number in later drafts.
const isNumberOrBoolean = (value: unknown): boolean => typeof value === 'number' || typeof value === 'boolean'

const count = { check: isCount, expected: 'a whole number of at least 0' }
const number = { check: isNumber, expected: 'a number' }
const boolean = { check: (value: unknown): boolean => typeof value === 'boolean', expected: 'true or false' }
const listOfNames = {
  check: (value: unknown): boolean => Array.isArray(value) && value.every((name) => typeof name === 'string'),
  expected: 'a list of property names',
}

/** Keywords that assert something, and what their value must be. */
const keywordRules: Readonly<Record<string, { readonly check: (value: unknown) => boolean; readonly expected: string }>> = {
  minimum: number,
  maximum: number,
  exclusiveMinimum: { check: isNumberOrBoolean, expected: 'a number' },
  exclusiveMaximum: { check: isNumberOrBoolean, expected: 'a number' },
  multipleOf: { check: (value) => typeof value === 'number' && value > 0, expected: 'a number above 0' },
  minLength: count,
  maxLength: count,
  minItems: count,
  maxItems: count,
  minProperties: count,
  maxProperties: count,
  minContains: count,
  maxContains: count,
  uniqueItems: boolean,
  nullable: boolean,
  required: listOfNames,
  enum: { check: (value) => Array.isArray(value) && value.length > 0, expected: 'a list of at least one value' },
  pattern: { check: (value) => typeof value === 'string', expected: 'a regular expression, as a string' },
  ...Object.fromEntries(listKeywords.map((keyword) => [keyword, { check: Array.isArray, expected: 'a list of schemas' }])),
  ...Object.fromEntries(mapKeywords.map((keyword) => [keyword, { check: isJsonObject, expected: 'an object of schemas' }])),
}

function findBadKeyword(schema: Schema): SchemaProblem | undefined {
  for (const [keyword, value] of Object.entries(schema)) {
    const rule = Object.hasOwn(keywordRules, keyword) ? keywordRules[keyword] : undefined
    if (value !== undefined && rule?.check(value) === false)
      return { pointer: `/${keyword}`, message: `it must be ${rule.expected}, not ${JSON.stringify(value).slice(0, 100)}.` }
  }
  return undefined
}

function findBadReference(schema: Schema, root: unknown): SchemaProblem | undefined {
  for (const keyword of ['$ref', '$dynamicRef', '$recursiveRef']) {
    const reference = schema[keyword]
    if (reference === undefined || resolveReference(root, reference) !== undefined) continue
    return {
      pointer: `/${keyword}`,
      message: `${JSON.stringify(reference)} has no target. Refer to a position inside this schema by a JSON pointer, such as "#/$defs/name".`,
    }
  }
  return undefined
}

/** Finds an `enum` whose values are all excluded by the `type` next to it: every call would fail. */
function findImpossible({ type, enum: values, nullable }: Schema): SchemaProblem | undefined {
  if (type === undefined || !Array.isArray(values)) return undefined
  const names: readonly unknown[] = [type, nullable === true ? 'null' : []].flat()
  const isOf = (value: unknown): boolean => {
    const actual = typeOf(value as Parameters<typeof typeOf>[0]) // it was checked to be JSON
    return names.includes(actual) || (actual === 'integer' && names.includes('number'))
  }
  if (values.some(isOf)) return undefined
  const advice = names.includes('array') ? ' For a list of such values, put `enum` into `items`.' : ''
  return { pointer: '/enum', message: `none of its values is of type ${JSON.stringify(type)}, so no value would fit.${advice}` }
}
