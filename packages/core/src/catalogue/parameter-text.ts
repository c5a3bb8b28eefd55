import { isJsonObject, type Json, type JsonObject } from '../contract/json.ts'

const maxDepth = 16
const maxSchemas = 500

/** Keywords whose value is a schema or a list of schemas, and those whose value is a record of schemas. */
const inner = ['items', 'prefixItems', 'additionalProperties', 'anyOf', 'oneOf', 'allOf']
const records = ['properties', '$defs', 'definitions']

/** The names and descriptions of all parameters in a JSON Schema, nested ones included: the first 500 schemas, up to 16 levels deep. */
export function parameterText(schema: JsonObject): string {
  const reader = new ParameterReader()
  reader.addChildren(schema, 0)
  return reader.texts.join(' ')
}

class ParameterReader {
  readonly texts: string[] = []
  #left = maxSchemas

  addChildren(schema: JsonObject, depth: number): void {
    for (const keyword of records) {
      const value = schema[keyword]
      if (isJsonObject(value)) this.#addRecord(value, depth)
    }
    for (const keyword of inner) {
      const value = schema[keyword]
      if (typeof value === 'object') for (const item of Array.isArray(value) ? value : [value]) this.#add(item, depth)
    }
  }

  #addRecord(schemas: JsonObject, depth: number): void {
    for (const name of Object.keys(schemas)) {
      if (this.#left <= 0) return
      this.texts.push(name)
      this.#add(schemas[name], depth)
    }
  }

  #add(schema: Json | undefined, depth: number): void {
    if (!isJsonObject(schema) || depth >= maxDepth || this.#left <= 0) return
    this.#left--
    const { description } = schema
    if (typeof description === 'string') this.texts.push(description)
    this.addChildren(schema, depth + 1)
  }
}
