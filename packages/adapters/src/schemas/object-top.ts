import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { inWords } from './keywords.ts'
import { mergeSchemas } from './merge-schemas.ts'
import { followReference } from './references.ts'

/**
 * Makes a schema with one object at its top, because endpoints look for it there and refuse unions. A reference at the top is replaced
 * by its target, and `allOf` is merged. The branches of a union of objects are joined: a property accepts what any branch accepts, and is
 * required if all branches require it; the description lists the branches. Arguments are always an object, so `null` beside an object is
 * left out. Any other schema is returned unchanged.
 *
 * The result is stricter than the union in one case: if a branch allows properties that it does not describe, and another branch
 * describes such a property, then its value must fit that description.
 */
export function joinTop(root: JsonObject): JsonObject {
  const isObjectOnly = root['type'] === 'object' && !['anyOf', 'oneOf', 'allOf', 'nullable', '$ref'].some((key) => root[key] !== undefined)
  if (isObjectOnly) return root
  const top = dereferenced(root, root)
  const { $defs, definitions } = root
  const objects = objectsIn(top, root, 0)
  const [first] = objects ?? []
  if (objects === undefined || first === undefined) return root
  const joined = objects.length === 1 ? first : joinObjects(objects)
  const { description } = top
  const said = typeof description === 'string' ? [description] : []
  const words = objects.length === 1 ? [] : [`[${inWords('one of', objects)}]`]
  return {
    ...joined,
    ...((said.length > 0 || words.length > 0) && { description: [...said, ...words].join(' ') }),
    ...($defs !== undefined && { $defs }),
    ...(definitions !== undefined && { definitions }),
  }
}

const maxReferences = 20

/** The target of a reference, with what the schema says beside the reference. */
function dereferenced(schema: JsonObject, root: JsonObject): JsonObject {
  let current = schema
  for (let count = 0; count < maxReferences; count++) {
    const { $ref: reference, ...beside } = current
    const target = typeof reference === 'string' ? followReference(root, reference)?.schema : undefined
    if (!isJsonObject(target)) return current
    current = { ...target, ...beside }
  }
  return current
}

/**
 * The objects of a union and of the unions inside it, each merged with what the schema says beside the union. `undefined` when a branch
 * is neither an object nor null.
 */
function objectsIn(schema: JsonObject, root: JsonObject, depth: number): readonly JsonObject[] | undefined {
  const { anyOf, oneOf, $defs: _defs, definitions: _definitions, ...beside } = merged(schema, root, depth)
  const branches = [anyOf, oneOf].find((list) => Array.isArray(list))
  if (!Array.isArray(branches) || depth > maxReferences) {
    if (isNull(beside)) return []
    const { nullable: _nullable, ...object } = beside
    return isObject(object) ? [{ ...object, type: 'object' }] : undefined
  }
  const { description: _description, title: _title, default: _default, nullable: _nullable, ...rest } = beside
  const lists = branches.map((branch: Json) => {
    if (!isJsonObject(branch)) return undefined
    const one = dereferenced(branch, root)
    return objectsIn(isNull(one) || Object.keys(rest).length === 0 ? one : mergeSchemas(one, rest), root, depth + 1)
  })
  return lists.includes(undefined) ? undefined : lists.flatMap((list) => list ?? [])
}

/** A schema without references and `allOf` at its top. */
function merged(schema: JsonObject, root: JsonObject, depth: number): JsonObject {
  const { allOf, ...own } = dereferenced(schema, root)
  if (!Array.isArray(allOf) || depth > maxReferences) return own
  return allOf.reduce((all: JsonObject, part: Json) => (isJsonObject(part) ? mergeSchemas(all, merged(part, root, depth + 1)) : all), own)
}

function isNull(schema: JsonObject): boolean {
  return schema['type'] === 'null' || schema['const'] === null
}

/** True when nothing but an object, or `null`, fits. */
function isObject({ type, properties, required }: JsonObject): boolean {
  if (type === undefined) return properties !== undefined || required !== undefined
  return type === 'object' || (Array.isArray(type) && type.includes('object') && type.every((name: Json) => name === 'object' || name === 'null'))
}

function joinObjects(objects: readonly JsonObject[]): JsonObject {
  const found = new Map<string, Json[]>()
  for (const { properties } of objects) {
    if (!isJsonObject(properties)) continue
    for (const [name, schema] of Object.entries(properties)) found.set(name, [...(found.get(name) ?? []), schema])
  }
  const required = [...found.keys()].filter((name) => objects.every((object) => Array.isArray(object['required']) && object['required'].includes(name)))
  const isClosed = objects.every(({ additionalProperties, patternProperties }) => additionalProperties === false && patternProperties === undefined)
  return {
    type: 'object',
    properties: Object.fromEntries(Array.from(found, ([name, schemas]) => [name, joinAlternatives(schemas)])),
    ...(required.length > 0 && { required }),
    ...(isClosed && { additionalProperties: false }),
  }
}

/** One schema for a property of several branches. The constants that distinguish the branches become one `enum`. */
function joinAlternatives(schemas: readonly Json[]): Json {
  const different = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()]
  const [only = true] = different
  if (different.length === 1) return only
  const values = different.map(valuesOf)
  const types = new Set(different.map((schema) => (isJsonObject(schema) ? schema['type'] : undefined)))
  const [type] = types
  const isMarked = values.every((list) => list !== undefined) && types.size === 1
  return isMarked ? { ...(type !== undefined && { type }), enum: [...new Set(values.flat())] } : { anyOf: different }
}

/** The values of a schema that has no other keywords than `type`, `const` and `enum`. */
function valuesOf(schema: Json): readonly Json[] | undefined {
  if (!isJsonObject(schema) || Object.keys(schema).some((key) => !['type', 'const', 'enum'].includes(key))) return undefined
  if (schema['const'] !== undefined) return [schema['const']]
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined
}
