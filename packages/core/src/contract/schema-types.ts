import { isJsonObject, type Json, type JsonObject } from './json.ts'

/** The type names of JSON Schema. */
export type TypeName = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null'

export const typeNames: readonly TypeName[] = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']

/** Bounds the parts of one position: a schema may refer to any number of others. */
const maxParts = 32

/** The type of a JSON value; a number without a fraction is an `integer`. */
export function typeOf(value: Json): TypeName {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value as 'string' | 'boolean' | 'object' // the remaining types of JSON
}

/** A position in the values that a JSON Schema describes, with all schemas that may apply there, through references and unions. */
export class SchemaPosition {
  readonly #root: JsonObject
  readonly #schemas: readonly JsonObject[]
  /** What a schema names has a position of its own; all other properties share one, as do all other items. */
  readonly #children = new Map<string | number, SchemaPosition>()
  #types: { readonly allowed: ReadonlySet<TypeName> | undefined } | undefined
  #tupleLength: number | undefined

  /** The position of the complete value. */
  constructor(root: JsonObject, schemas: readonly JsonObject[] = [root]) {
    this.#root = root
    this.#schemas = expand(schemas, root)
  }

  /** The position of a property. */
  property(name: string): SchemaPosition {
    const known = this.#children.get(`=${name}`)
    if (known !== undefined) return known
    const isNamed = this.#schemas.some((schema) => namedProperty(schema, name) !== undefined)
    return this.#child(isNamed ? `=${name}` : '', (schema) => propertySchemas(schema, name))
  }

  /** The position of an item. */
  item(index: number): SchemaPosition {
    this.#tupleLength ??= Math.max(0, ...this.#schemas.map((schema) => tupleOf(schema).length))
    return this.#child(Math.min(index, this.#tupleLength), (schema) => itemSchemas(schema, index))
  }

  /** The position at the end of a path of property names and indexes. */
  at(path: readonly string[]): SchemaPosition {
    let position: SchemaPosition = this
    for (const key of path) position = position.#isIndex(key) ? position.item(Number(key)) : position.property(key)
    return position
  }

  /** The types that a value may have here; `undefined` when the schemas do not say. */
  get types(): ReadonlySet<TypeName> | undefined {
    this.#types ??= { allowed: allowedTypes(this.#schemas) }
    return this.#types.allowed
  }

  /** True when at least one of the schemas that describe properties does not require this one. */
  isOptional(name: string): boolean {
    const parents = this.#schemas.filter((schema) => isJsonObject(schema['properties']))
    return parents.some(({ required }) => !(Array.isArray(required) && required.includes(name)))
  }

  #isIndex(key: string): boolean {
    return /^\d+$/.test(key) && this.types?.has('array') !== false && this.#schemas.every((schema) => namedProperty(schema, key) === undefined)
  }

  #child(key: string | number, schemasOf: (schema: JsonObject) => readonly unknown[]): SchemaPosition {
    const known = this.#children.get(key)
    if (known !== undefined) return known
    const schemas = this.#schemas.flatMap(schemasOf).filter((schema): schema is JsonObject => isJsonObject(schema))
    const child = new SchemaPosition(this.#root, schemas)
    this.#children.set(key, child)
    return child
  }
}

function namedProperty({ properties }: JsonObject, name: string): Json | undefined {
  return isJsonObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
}

function propertySchemas(schema: JsonObject, name: string): readonly unknown[] {
  const { patternProperties, additionalProperties, unevaluatedProperties } = schema
  const own = namedProperty(schema, name)
  // Any of the patterns may match the name.
  const patterns = isJsonObject(patternProperties) ? Object.values(patternProperties) : []
  return own === undefined ? [...patterns, additionalProperties, unevaluatedProperties] : [own, ...patterns]
}

/** Before draft 2020-12, a tuple was a list of schemas in `items`. */
function tupleOf({ prefixItems, items }: JsonObject): readonly Json[] {
  if (Array.isArray(prefixItems)) return prefixItems
  return Array.isArray(items) ? items : []
}

function itemSchemas(schema: JsonObject, index: number): readonly unknown[] {
  const tuple = tupleOf(schema)
  const rest = Array.isArray(schema['items']) ? schema['additionalItems'] : schema['items']
  return [index < tuple.length ? tuple[index] : rest, schema['unevaluatedItems'], schema['contains']]
}

function expand(schemas: readonly JsonObject[], root: JsonObject): readonly JsonObject[] {
  const found = new Set<JsonObject>(schemas)
  for (const schema of found) {
    if (found.size > maxParts) break
    for (const part of partsOf(schema, root)) if (isJsonObject(part)) found.add(part)
  }
  return [...found]
}

/** The schemas that apply, or may apply, to the same value. */
function partsOf(schema: JsonObject, root: JsonObject): readonly unknown[] {
  const lists = [schema['anyOf'], schema['oneOf'], schema['allOf']].flatMap((list) => (Array.isArray(list) ? list : []))
  const { dependentSchemas } = schema
  const dependent = isJsonObject(dependentSchemas) ? Object.values(dependentSchemas) : []
  return [...lists, ...dependent, schema['then'], schema['else'], resolveReference(root, schema['$ref'])]
}

function allowedTypes(schemas: readonly JsonObject[]): ReadonlySet<TypeName> | undefined {
  const types = schemas.map(typesIn)
  if (types.length === 0 || types.includes(undefined)) return undefined
  const all = types.flatMap((names) => names ?? [])
  return all.length === 0 ? undefined : new Set(all)
}

/** The types that a schema names itself; `undefined` when it restricts nothing. */
function typesIn({ type, enum: values, const: value, nullable, ...others }: JsonObject): readonly TypeName[] | undefined {
  const named: readonly unknown[] = [type].flat()
  const alsoNull: readonly TypeName[] = nullable === true ? ['null'] : []
  if (type !== undefined) return [...typeNames.filter((name) => named.includes(name)), ...alsoNull]
  if (Array.isArray(values)) return [...values.map(typeOf), ...alsoNull]
  if (value !== undefined) return [typeOf(value), ...alsoNull]
  return ['$ref', 'anyOf', 'oneOf', 'allOf'].some((key) => others[key] !== undefined) ? alsoNull : undefined
}

/** Follows a reference inside a schema, such as `#` or `#/$defs/node`. */
export function resolveReference(root: unknown, reference: unknown): unknown {
  if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) return undefined
  let found: unknown = root
  for (const segment of reference.slice(1).split('/').slice(1)) {
    const key = decodeSegment(segment)
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = Reflect.get(found, key)
  }
  return found
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return segment
  }
}

/** A path as a JSON pointer; the complete value is the empty pointer. */
export function toPointer(path: readonly (string | number)[]): string {
  return path.map((key) => `/${escapePointer(String(key))}`).join('')
}

/** Makes a property name a segment of a JSON pointer. */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
