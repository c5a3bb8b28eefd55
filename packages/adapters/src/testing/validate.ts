import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

// A second opinion for tests, written plainly: draft 2020-12, the keywords that tests use.

/** True when a value fits a schema. */
export function fits(value: Json, schema: Json, root: JsonObject = schema as JsonObject): boolean {
  if (typeof schema === 'boolean') return schema
  if (!isJsonObject(schema)) return true
  return Object.entries(schema).every(([key, rule]) => (rules[key] ?? (() => true))(value, rule, { schema, root }))
}

interface Around {
  readonly schema: JsonObject
  readonly root: JsonObject
}

type Rule = (value: Json, rule: Json, around: Around) => boolean

const list = (rule: Json): readonly Json[] => (Array.isArray(rule) ? rule : [])
const whenNumber = (test: (value: number, rule: number) => boolean): Rule => {
  return (value, rule) => typeof value !== 'number' || typeof rule !== 'number' || test(value, rule)
}
const whenText = (test: (value: string, rule: Json) => boolean): Rule => {
  return (value, rule) => typeof value !== 'string' || test(value, rule)
}
const whenList = (test: (value: readonly Json[], rule: Json, around: Around) => boolean): Rule => {
  return (value, rule, around) => !Array.isArray(value) || test(value, rule, around)
}
const whenObject = (test: (value: JsonObject, rule: Json, around: Around) => boolean): Rule => {
  return (value, rule, around) => !isJsonObject(value) || test(value, rule, around)
}

const rules: Readonly<Record<string, Rule>> = {
  type: (value, rule) => (Array.isArray(rule) ? rule : [rule]).some((type: Json) => isOf(value, type)),
  enum: (value, rule) => list(rule).some((item) => JSON.stringify(item) === JSON.stringify(value)),
  const: (value, rule) => JSON.stringify(rule) === JSON.stringify(value),
  anyOf: (value, rule, { root }) => list(rule).some((branch) => fits(value, branch, root)),
  oneOf: (value, rule, { root }) => list(rule).filter((branch) => fits(value, branch, root)).length === 1,
  allOf: (value, rule, { root }) => list(rule).every((branch) => fits(value, branch, root)),
  not: (value, rule, { root }) => !fits(value, rule, root),
  $ref: (value, rule, { root }) => fits(value, follow(root, String(rule)), root),
  minimum: whenNumber((value, rule) => value >= rule),
  maximum: whenNumber((value, rule) => value <= rule),
  exclusiveMinimum: whenNumber((value, rule) => value > rule),
  exclusiveMaximum: whenNumber((value, rule) => value < rule),
  multipleOf: whenNumber((value, rule) => Number.isInteger(value / rule)),
  minLength: whenText((value, rule) => [...value].length >= Number(rule)),
  maxLength: whenText((value, rule) => [...value].length <= Number(rule)),
  pattern: whenText((value, rule) => new RegExp(String(rule)).test(value)),
  minItems: whenList((value, rule) => value.length >= Number(rule)),
  maxItems: whenList((value, rule) => value.length <= Number(rule)),
  uniqueItems: whenList((value) => new Set(value.map((item) => JSON.stringify(item))).size === value.length),
  prefixItems: whenList((value, rule, { root }) => list(rule).every((schema, index) => index >= value.length || fits(value[index] ?? null, schema, root))),
  items: whenList((value, rule, { root, schema }) => value.slice(list(schema['prefixItems'] ?? []).length).every((item) => fits(item, rule, root))),
  required: whenObject((value, rule) => list(rule).every((name) => Object.hasOwn(value, String(name)))),
  properties: whenObject((value, rule, { root }) =>
    Object.entries(isJsonObject(rule) ? rule : {}).every(([name, schema]) => !Object.hasOwn(value, name) || fits(value[name] ?? null, schema, root)),
  ),
  patternProperties: whenObject((value, rule, { root }) =>
    Object.entries(isJsonObject(rule) ? rule : {}).every(([pattern, schema]) =>
      Object.entries(value).every(([name, item]) => !new RegExp(pattern).test(name) || fits(item, schema, root)),
    ),
  ),
  additionalProperties: whenObject((value, rule, { root, schema }) => {
    const named = isJsonObject(schema['properties']) ? schema['properties'] : {}
    const patterns = Object.keys(isJsonObject(schema['patternProperties']) ? schema['patternProperties'] : {})
    const others = Object.entries(value).filter(([name]) => !Object.hasOwn(named, name) && !patterns.some((pattern) => new RegExp(pattern).test(name)))
    return others.every(([, item]) => fits(item, rule, root))
  }),
}

function isOf(value: Json, type: Json): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isJsonObject(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

function follow(root: JsonObject, reference: string): Json {
  let place: Json = root
  for (const segment of reference.slice(1).split('/').slice(1)) {
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~')
    place = (Array.isArray(place) ? place[Number(key)] : (place as JsonObject)[key]) ?? false
  }
  return place
}
