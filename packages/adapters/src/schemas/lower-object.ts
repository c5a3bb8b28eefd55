import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { inWords } from './keywords.ts'
import type { Context, TypedContext } from './place.ts'
import { escapeSegment } from './references.ts'

/** The keywords of an object. */
export function lowerObject(schema: JsonObject, context: TypedContext): JsonObject | undefined {
  const { place, lowering, words } = context
  const { pointer, depth } = place
  const { properties = {}, required = [], additionalProperties, patternProperties } = schema
  if (!isJsonObject(properties)) return lowering.refuse(`${pointer}/properties`, 'expected an object of schemas.')
  if (!Array.isArray(required) || !required.every((name: Json) => typeof name === 'string'))
    return lowering.refuse(`${pointer}/required`, 'expected a list of names.')
  if (depth >= lowering.dialect.maxObjectDepth) {
    if (Object.keys(properties).length > 0) words.push(inWords('an object of the form', schema))
    return {}
  }
  const needed = required.map(String)
  // A name that is required and nowhere described can have any value.
  const described: JsonObject = { ...properties, ...Object.fromEntries(needed.filter((name) => !Object.hasOwn(properties, name)).map((name) => [name, true])) }
  const lowered = lowerProperties(described, needed, context)
  if (lowered === undefined) return undefined
  if (lowering.dialect.closed) return closeObject(lowered, schema, context)
  // Others are allowed by patterns, which cannot be sent.
  const others = patternProperties === undefined ? lowerOthers(additionalProperties, context) : {}
  return {
    ...((Object.keys(lowered).length > 0 || schema['properties'] !== undefined) && { properties: lowered }),
    ...(schema['required'] !== undefined && { required: [...new Set(needed)] }),
    ...others,
  }
}

function lowerProperties(properties: JsonObject, needed: readonly string[], { place, lowering }: Context): JsonObject | undefined {
  const { pointer, depth } = place
  const { dialect, refuse } = lowering
  const lowered: Record<string, Json> = {}
  lowering.countProperties(Object.keys(properties).length, pointer)
  for (const [name, child] of Object.entries(properties)) {
    const at = `${pointer}/properties/${escapeSegment(name)}`
    if (name === '' || dialect.reservedNames.includes(name)) refuse(at, `a property named '${name}' cannot be sent: the name is reserved. Rename it.`)
    const schema = lowering.lower(child, { pointer: at, depth: depth + 1 })
    // No value fits: leaving it out says the same of an optional property.
    if (schema === undefined && needed.includes(name)) return undefined
    if (schema !== undefined) lowered[name] = dialect.closed && !needed.includes(name) ? orNull(schema) : schema
  }
  return lowered
}

function lowerOthers(additional: Json | undefined, { place, lowering }: Context): JsonObject {
  if (additional === undefined) return {}
  if (typeof additional === 'boolean') return { additionalProperties: additional }
  if (!isJsonObject(additional)) return lowering.refuse(`${place.pointer}/additionalProperties`, 'expected a schema, true or false.')
  if (Object.keys(additional).length === 0) return { additionalProperties: true }
  const lowered = lowering.lower(additional, { pointer: `${place.pointer}/additionalProperties`, depth: place.depth + 1 })
  return { additionalProperties: lowered ?? false }
}

function closeObject(properties: JsonObject, { additionalProperties, patternProperties }: JsonObject, { place, lowering }: Context): JsonObject {
  const names = Object.keys(properties)
  if (isJsonObject(additionalProperties) || patternProperties !== undefined) {
    lowering.refuse(place.pointer, 'an object with names of any kind cannot be sent in strict mode: use a list of names and values.')
  }
  if (names.length === 0 && place.depth > 0)
    lowering.refuse(place.pointer, 'an object without properties cannot be sent in strict mode: describe its properties.')
  return { properties, required: names, additionalProperties: false }
}

/** Absent is null: whoever checks the arguments takes null for an optional property as its absence. */
function orNull(schema: JsonObject): JsonObject {
  const { anyOf, type, description, title } = schema
  if (type === 'null' || (Array.isArray(anyOf) && anyOf.some((branch: Json) => isJsonObject(branch) && branch['type'] === 'null'))) return schema
  if (Array.isArray(anyOf)) return { ...schema, anyOf: [...anyOf, { type: 'null' }] }
  const { description: _description, title: _title, ...rest } = schema
  return { ...(description !== undefined && { description }), ...(title !== undefined && { title }), anyOf: [rest, { type: 'null' }] }
}
