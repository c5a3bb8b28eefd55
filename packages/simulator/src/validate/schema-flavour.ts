import { asArray, asObject, isObject, type Json, type JsonObject } from '../json.ts'

const ALLOWED: ReadonlySet<string> = new Set([
  ...['type', 'properties', 'required', 'additionalProperties', 'items', 'enum', 'anyOf', '$ref', '$defs', '$id'],
  ...['title', 'description', 'default', 'minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems'],
])
const BESIDE_REFERENCE: ReadonlySet<string> = new Set(['anyOf', '$ref', 'description', 'title', 'default', '$defs', '$id'])

/**
 * Checks a tool schema against the main rules of Moonshot's schema flavour: known keywords, a type everywhere,
 * nothing beside `anyOf` and `$ref`, required names declared. Limits on size and depth are not checked.
 *
 * @returns The problem and its path; `undefined` when there is none.
 * @see https://github.com/MoonshotAI/walle/blob/main/docs/mfjs-spec.md
 */
export function schemaFlavourError(schema: Json | undefined, path = 'root'): string | undefined {
  if (!isObject(schema)) return `At path '${path}': boolean schemas are not supported`
  return ownError(schema, path) ?? childError(schema, path)
}

function ownError(schema: JsonObject, path: string): string | undefined {
  const keys = Object.keys(schema)
  const unknown = keys.filter((key) => !ALLOWED.has(key))
  if (unknown.length > 0) return `At path '${path}': unsupported keywords: ${unknown.join(', ')}`
  if (schema['anyOf'] !== undefined || schema['$ref'] !== undefined) {
    const beside = keys.filter((key) => !BESIDE_REFERENCE.has(key))
    if (beside.length === 0) return undefined
    return `At path '${path}': conflicting keywords found in anyOf with parent: keywords (${beside.join(', ')}) are defined on the parent schema and inside anyOf`
  }
  if (typeof schema['type'] !== 'string') return `At path '${path}': type is not defined`
  const properties = asObject(schema['properties'])
  const missing = asArray(schema['required']).find((name) => typeof name === 'string' && properties[name] === undefined)
  return missing === undefined ? undefined : `At path '${path}': required property ${String(missing)} is not defined`
}

function childError(schema: JsonObject, path: string): string | undefined {
  const children: (readonly [string, Json | undefined])[] = [
    ...Object.entries(asObject(schema['properties'])).map(([name, child]) => [`${path}.properties.${name}`, child] as const),
    ...Object.entries(asObject(schema['$defs'])).map(([name, child]) => [`${path}.$defs.${name}`, child] as const),
    ...asArray(schema['anyOf']).map((child, index) => [`${path}.anyOf[${index}]`, child] as const),
    ...(schema['items'] === undefined ? [] : [[`${path}.items`, schema['items']] as const]),
    ...(isObject(schema['additionalProperties']) ? [[`${path}.additionalProperties`, schema['additionalProperties']] as const] : []),
  ]
  for (const [childPath, child] of children) {
    const found = schemaFlavourError(child, childPath)
    if (found !== undefined) return found
  }
  return undefined
}
