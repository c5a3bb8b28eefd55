import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import type { Context, TypedContext } from './context.ts'
import { inWords } from './keywords.ts'
import { escapeSegment } from './references.ts'

/** The keywords of an object. */
export function lowerObject(schema: JsonObject, context: TypedContext): JsonObject | undefined {
  const { position, lowering, words } = context
  const { pointer, depth } = position
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

function lowerProperties(properties: JsonObject, needed: readonly string[], { position, lowering }: Context): JsonObject | undefined {
  const { pointer, depth } = position
  const { dialect, refuse } = lowering
  const lowered: Record<string, Json> = {}
  lowering.countProperties(Object.keys(properties).length, pointer)
  for (const [name, child] of Object.entries(properties)) {
    const at = `${pointer}/properties/${escapeSegment(name)}`
    if (name === '' || dialect.reservedNames.includes(name)) refuse(at, `a property named '${name}' cannot be sent: the name is reserved. Rename it.`)
    const isNeeded = needed.includes(name)
    const isRequired = position.isRequired && isNeeded
    const schema = lowering.lower(child, { pointer: at, depth: depth + 1, isRequired })
    if (schema !== undefined) lowered[name] = dialect.closed && !isNeeded ? orNull(schema) : schema
    // No value fits: an optional property is omitted, which means the same. A required one makes the object impossible.
    else if (isRequired) refuse(at, impossible(child))
    else if (isNeeded) return undefined
  }
  return lowered
}

function impossible(schema: Json): string {
  const hasValues = isJsonObject(schema) && schema['enum'] !== undefined && schema['type'] !== undefined
  const advice = hasValues ? ' None of the values in `enum` has the `type`; for a list of such values, put `enum` into `items`.' : ''
  return `no value fits this schema, and the property is required.${advice}`
}

function lowerOthers(additional: Json | undefined, { position, lowering }: Context): JsonObject {
  if (additional === undefined) return {}
  if (typeof additional === 'boolean') return { additionalProperties: additional }
  if (!isJsonObject(additional)) return lowering.refuse(`${position.pointer}/additionalProperties`, 'expected a schema, true or false.')
  if (Object.keys(additional).length === 0) return { additionalProperties: true }
  const lowered = lowering.lower(additional, { pointer: `${position.pointer}/additionalProperties`, depth: position.depth + 1, isRequired: false })
  return { additionalProperties: lowered ?? false }
}

function closeObject(properties: JsonObject, { additionalProperties, patternProperties }: JsonObject, { position, lowering }: Context): JsonObject {
  const names = Object.keys(properties)
  if (isJsonObject(additionalProperties) || patternProperties !== undefined) {
    lowering.refuse(position.pointer, 'an object with names of any kind cannot be sent in strict mode: use a list of names and values.')
  }
  if (names.length === 0 && position.depth > 0)
    lowering.refuse(position.pointer, 'an object without properties cannot be sent in strict mode: describe its properties.')
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
