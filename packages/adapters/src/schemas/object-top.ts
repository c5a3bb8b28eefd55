import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { inWords } from './keywords.ts'
import { mergeSchemas } from './merge-schemas.ts'
import { followReference } from './references.ts'

/**
 * A schema with one object at its top, because endpoints look for it there and refuse unions. What a reference at the top leads to takes
 * its place. The branches of a union of objects are joined: a property takes what any branch takes, and is required where all require it;
 * the branches are told in words. Arguments are an object, so `null` beside an object is left out. Anything else is returned unchanged.
 *
 * The result is stricter than the union in one case: a branch that allows any further property no longer allows another type for a
 * property that another branch describes.
 */
export function joinTop(root: JsonObject): JsonObject {
  const { type, anyOf, oneOf, nullable, $ref: reference } = root
  if (type === 'object' && anyOf === undefined && oneOf === undefined && nullable === undefined && reference === undefined) return root
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

/** The objects of a union, each with what is said beside it; of nested unions, too. `undefined` when a branch is neither an object nor null. */
function objectsIn(schema: JsonObject, root: JsonObject, depth: number): readonly JsonObject[] | undefined {
  const { anyOf, oneOf, allOf, $defs: _defs, definitions: _definitions, ...own } = dereferenced(schema, root)
  const beside = isJsonObject(own) && Array.isArray(allOf) ? allOf.reduce((whole: JsonObject, part: Json) => joinPart(whole, part, root), own) : own
  const branches = [anyOf, oneOf].find((list) => Array.isArray(list))
  if (!Array.isArray(branches) || depth > maxReferences) {
    if (beside['type'] === 'null' || beside['const'] === null) return []
    const { nullable: _nullable, ...object } = beside
    return isObject(object) ? [{ ...object, type: 'object' }] : undefined
  }
  const { description: _description, title: _title, default: _default, nullable: _nullable, ...rest } = beside
  const lists = branches.map((branch: Json) => {
    if (!isJsonObject(branch)) return undefined
    const one = dereferenced(branch, root)
    const isNull = one['type'] === 'null' || one['const'] === null
    return objectsIn(isNull || Object.keys(rest).length === 0 ? one : mergeSchemas(one, rest), root, depth + 1)
  })
  return lists.includes(undefined) ? undefined : lists.flatMap((list) => list ?? [])
}

function joinPart(whole: JsonObject, part: Json, root: JsonObject): JsonObject {
  return isJsonObject(part) ? mergeSchemas(whole, dereferenced(part, root)) : whole
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
  const isClosed = objects.every(({ additionalProperties }) => additionalProperties === false)
  return {
    type: 'object',
    properties: Object.fromEntries(Array.from(found, ([name, schemas]) => [name, joinAlternatives(schemas)])),
    ...(required.length > 0 && { required }),
    ...(isClosed && { additionalProperties: false }),
  }
}

/** The marks that tell branches apart become one list of values. */
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

/** The values of a schema that says nothing else. */
function valuesOf(schema: Json): readonly Json[] | undefined {
  if (!isJsonObject(schema) || Object.keys(schema).some((key) => !['type', 'const', 'enum'].includes(key))) return undefined
  if (schema['const'] !== undefined) return [schema['const']]
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined
}
