import { isJsonObject, type Json, type JsonObject } from '../../contract/json.ts'
import { resolveReference } from '../../contract/schema-types.ts'

/**
 * Whether a value may carry text that its schema does not spell out. Without free text a value has only booleans, numbers, null, and texts of `enum` and
 * `const`: what an author of untrusted content can choose from, but not write.
 */
export function hasFreeText(schema: JsonObject, value: Json): boolean {
  const words = new Set<string>()
  if (!new ClosedSchema(schema, words).isClosed(schema)) return true
  // A schema may let further properties pass.
  return [...textsIn(value)].some((text) => !words.has(text))
}

class ClosedSchema {
  readonly #root: JsonObject
  /** Texts that the schema spells out, with names of properties. */
  readonly #words: Set<string>
  readonly #seen = new Set<unknown>()

  constructor(root: JsonObject, words: Set<string>) {
    this.#root = root
    this.#words = words
  }

  /** True when no free text fits the schema. */
  isClosed(schema: unknown): boolean {
    if (!isJsonObject(schema)) return false
    // It is being checked, or was.
    if (this.#seen.has(schema)) return true
    this.#seen.add(schema)
    const { enum: choices, const: only, $ref: reference, anyOf, oneOf } = schema
    const literal = choices ?? only
    if (literal !== undefined) return this.#addWords(literal)
    if (reference !== undefined) return this.isClosed(resolveReference(this.#root, reference))
    const union = anyOf ?? oneOf
    if (Array.isArray(union)) return union.length > 0 && union.every((part: Json) => this.isClosed(part))
    const types = typeof schema['type'] === 'string' ? [schema['type']] : schema['type']
    return Array.isArray(types) && types.length > 0 && types.every((type: Json) => this.#isClosedType(schema, type))
  }

  #isClosedType(schema: JsonObject, type: Json): boolean {
    if (type === 'boolean' || type === 'number' || type === 'integer' || type === 'null') return true
    if (type === 'array') return this.#areItemsClosed(schema)
    return type === 'object' && this.#arePropertiesClosed(schema)
  }

  #arePropertiesClosed({ properties, patternProperties, additionalProperties = false }: JsonObject): boolean {
    if (!isJsonObject(properties) || patternProperties !== undefined || additionalProperties !== false) return false
    for (const name of Object.keys(properties)) this.#words.add(name)
    return Object.values(properties).every((property) => this.isClosed(property))
  }

  #areItemsClosed({ items, prefixItems = [] }: JsonObject): boolean {
    const tuple = Array.isArray(items) ? items : Array.isArray(prefixItems) ? prefixItems : []
    const rest = Array.isArray(items) || items === undefined ? [] : [items]
    const parts = [...tuple, ...rest]
    return parts.length > 0 && parts.every((part) => this.isClosed(part))
  }

  #addWords(literal: Json): true {
    for (const text of textsIn(literal)) this.#words.add(text)
    return true
  }
}

/** All texts in a value, with names of properties. */
function* textsIn(whole: Json): Generator<string> {
  const open: Json[] = [whole]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value === 'string') yield value
    else if (isJsonObject(value)) yield* Object.keys(value)
    for (const item of itemsIn(value)) if (item !== undefined) open.push(item)
  }
}

function itemsIn(value: Json): readonly (Json | undefined)[] {
  if (Array.isArray(value)) return value
  return isJsonObject(value) ? Object.values(value) : []
}
