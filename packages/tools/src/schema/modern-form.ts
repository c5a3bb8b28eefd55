import type { Json, JsonObject } from '@capstan/core'

/**
 * Rewrites keywords of older dialects in the form of draft 2020-12, because models and endpoints may know only that: `exclusiveMaximum: true`
 * of draft 4, and `nullable: true` of OpenAPI 3.0. JSON pointers into the schema stay valid.
 */
export function toModernForm(schema: JsonObject): JsonObject {
  return withoutNullable(withNumericBound(withNumericBound(schema, 'minimum', 'exclusiveMinimum'), 'maximum', 'exclusiveMaximum'))
}

function withNumericBound(schema: JsonObject, inclusive: string, exclusive: string): JsonObject {
  if (typeof schema[exclusive] !== 'boolean') return schema
  const { [inclusive]: bound, [exclusive]: isExclusive, ...others } = schema
  if (bound === undefined) return others
  return { ...others, [isExclusive === true ? exclusive : inclusive]: bound }
}

function withoutNullable(schema: JsonObject): JsonObject {
  const { nullable, ...others } = schema
  if (nullable === undefined) return schema
  const { type, enum: values, anyOf, oneOf, $ref: reference } = others
  if (nullable !== true) return others
  if (type !== undefined) return { ...others, type: including([type].flat(), 'null'), ...(Array.isArray(values) && { enum: including(values, null) }) }
  if (Array.isArray(anyOf)) return { ...others, anyOf: [...anyOf, { type: 'null' }] }
  if (Array.isArray(oneOf)) return { ...others, oneOf: [...oneOf, { type: 'null' }] }
  if (reference === undefined) return Array.isArray(values) ? { ...others, enum: including(values, null) } : schema
  const { $ref: _reference, ...beside } = others
  return { ...beside, anyOf: [{ $ref: reference }, { type: 'null' }] }
}

function including(values: readonly Json[], value: Json): readonly Json[] {
  return values.includes(value) ? values : [...values, value]
}
