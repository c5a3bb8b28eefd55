import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { toModernForm } from './modern-form.ts'
import { describePattern } from './unchecked-patterns.ts'
import { mapKeywords } from './walk-schemas.ts'

/** Keywords in the order in which they are sent. All others follow in the order of the schema. */
const order = [
  'type',
  'description',
  'title',
  'const',
  'enum',
  'format',
  'pattern',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'prefixItems',
  '$ref',
  'anyOf',
  'oneOf',
  'allOf',
  'default',
]
const ranks: ReadonlyMap<string, number> = new Map(order.map((key, index) => [key, index]))
/** Keywords whose values are not schemas: they are passed on as they are. */
const dataKeys: ReadonlySet<string> = new Set(['default', 'const', 'enum', 'examples', 'example', 'required', 'type', 'dependentRequired'])
/** Formats for which zod adds an equivalent pattern of some hundred characters. */
const knownFormats: ReadonlySet<Json | undefined> = new Set([
  'email',
  'uuid',
  'date',
  'time',
  'date-time',
  'duration',
  'uri',
  'hostname',
  'ipv4',
  'ipv6',
  'cidrv4',
  'cidrv6',
  'base64',
  'base64url',
  'emoji',
  'nanoid',
  'cuid',
  'cuid2',
  'ulid',
  'xid',
  'ksuid',
  'jwt',
  'e164',
])

/**
 * Makes the form of a schema that is sent: in the form of draft 2020-12, without `$schema` and without what zod adds on its own (bounds of
 * every integer, patterns of known formats, `additionalProperties: true`). Keywords have a fixed order, so that equal tools are equal
 * bytes. Properties keep their order.
 *
 * @param generated - True if a library made the schema: only then are the additions of zod removed.
 */
export function normaliseSchema(given: JsonObject, generated: boolean): JsonObject {
  const schema = describePattern(toModernForm(given))
  const entries = Object.entries(schema).filter(
    ([key, value]) => key !== '$schema' && key !== '~standard' && value !== undefined && !(generated && isNoise(schema, key)),
  )
  entries.sort(([first], [second]) => (ranks.get(first) ?? order.length) - (ranks.get(second) ?? order.length))
  return Object.fromEntries(entries.map(([key, value]) => [key, normaliseKeyword(key, value, generated)]))
}

function normaliseKeyword(key: string, value: Json, generated: boolean): Json {
  if (dataKeys.has(key)) return value
  if (mapKeywords.includes(key) && isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, normaliseValue(child, generated)]))
  }
  return normaliseValue(value, generated)
}

function normaliseValue(value: Json, generated: boolean): Json {
  if (Array.isArray(value)) return value.map((item: Json) => normaliseValue(item, generated))
  return isJsonObject(value) ? normaliseSchema(value, generated) : value
}

function isNoise(schema: JsonObject, key: string): boolean {
  if (key === 'minimum') return schema[key] === Number.MIN_SAFE_INTEGER
  if (key === 'additionalProperties') return schema[key] === true
  if (key === 'maximum') return schema[key] === Number.MAX_SAFE_INTEGER
  return key === 'pattern' && knownFormats.has(schema['format'])
}
