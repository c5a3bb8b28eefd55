import type { JsonObject } from '@capstan/core'
import { isJsonObject, resolveReference } from '@capstan/core/internal'
import type { SchemaProblem } from './check-schema.ts'

/** A schema with an object at its top, or the reason why it has none. */
export type ObjectSchema = { readonly schema: JsonObject } | { readonly problem: SchemaProblem }

/**
 * Puts `type: "object"` at the top of a schema, because the arguments of a call are an object and endpoints look for the type there. A
 * reference at the top is replaced by its target, a union of objects gets the type, and `null` beside an object is left out.
 */
export function toObjectSchema(schema: JsonObject): ObjectSchema {
  const { type } = schema
  if (type === 'object') return { schema }
  if (Array.isArray(type) && type.includes('object')) return { schema: { ...schema, type: 'object' } }
  const found = type === undefined ? objectIn(schema) : undefined
  if (found !== undefined) return { schema: found }
  const shown = type ?? Object.keys(schema).find((key) => ['anyOf', 'oneOf', 'allOf', '$ref'].includes(key)) ?? 'no type'
  return {
    problem: {
      pointer: '/type',
      message: `the top must be of type "object", found ${JSON.stringify(shown)}. Put it into a property of an object, such as { input: … }.`,
    },
  }
}

/**
 * The schema of an output, which may be of any type. What can only be an object gets `type: "object"`, and a reference at the top is replaced
 * by its target; unions stay as they are.
 */
export function toOutputSchema(schema: JsonObject): { readonly schema: JsonObject } {
  const top = targetOf(schema)
  const isUnion = [schema['type'], top['type'], top['anyOf'], top['oneOf']].some(Array.isArray)
  const object = isUnion ? undefined : toObjectSchema(schema)
  return object !== undefined && 'schema' in object ? object : { schema }
}

/** What the references at the top of a schema lead to. References to themselves were refused before. */
function targetOf(schema: JsonObject, root: JsonObject = schema): JsonObject {
  const target = resolveReference(root, schema['$ref'])
  return isJsonObject(target) ? targetOf(target, root) : schema
}

function objectIn(schema: JsonObject): JsonObject | undefined {
  const { $ref: reference, ...others } = schema
  const shapes = new ObjectShapes(schema)
  const target = resolveReference(schema, reference)
  if (isJsonObject(target) && shapes.describes(target)) return toTyped({ ...target, ...others })
  for (const keyword of ['anyOf', 'oneOf']) {
    const branches = branchesOf(schema, keyword)
    const objects = branches.filter((branch) => !isNull(branch))
    if (objects.length === 0 || !objects.every((branch) => shapes.describes(branch))) continue
    return objects.length === branches.length ? toTyped(schema) : withBranches(schema, keyword, objects)
  }
  return branchesOf(schema, 'allOf').some((branch) => shapes.describes(branch)) ? toTyped(schema) : undefined
}

/** A single branch replaces the union, unless something refers into it. */
function withBranches(schema: JsonObject, keyword: string, objects: readonly JsonObject[]): JsonObject {
  const [only] = objects
  const { [keyword]: _union, ...others } = schema
  const isReferredTo = JSON.stringify(schema).includes(`"#/${keyword}/`)
  if (only === undefined || objects.length > 1 || isReferredTo) return toTyped({ ...schema, [keyword]: isReferredTo ? branchesOf(schema, keyword) : objects })
  return objectIn({ ...only, ...others }) ?? toTyped({ ...only, ...others })
}

function toTyped(schema: JsonObject): JsonObject {
  return { ...schema, type: 'object' }
}

function branchesOf(schema: JsonObject, keyword: string): readonly JsonObject[] {
  const branches = schema[keyword]
  return Array.isArray(branches) ? branches.filter((branch): branch is JsonObject => isJsonObject(branch)) : []
}

function isNull(schema: JsonObject): boolean {
  return schema['type'] === 'null' || schema['const'] === null
}

/** Says which schemas of one root only objects fit. Each is judged once: references can lead to the same one in exponentially many ways. */
class ObjectShapes {
  readonly #root: JsonObject
  readonly #known = new Map<JsonObject, boolean>()

  constructor(root: JsonObject) {
    this.#root = root
  }

  /** True if only an object, or `null`, fits. References to themselves were refused before. */
  describes(schema: JsonObject): boolean {
    const isObject = this.#known.get(schema) ?? this.#decide(schema)
    this.#known.set(schema, isObject)
    return isObject
  }

  #decide(schema: JsonObject): boolean {
    const { type } = schema
    if (type !== undefined) return [type].flat().every((name) => name === 'object' || name === 'null') && !isNull(schema)
    const target = resolveReference(this.#root, schema['$ref'])
    if (isJsonObject(target) && this.describes(target)) return true
    if (branchesOf(schema, 'allOf').some((branch) => this.describes(branch))) return true
    return ['anyOf', 'oneOf'].some((keyword) => {
      const branches = branchesOf(schema, keyword)
      return branches.length > 0 && branches.every((branch) => this.describes(branch) || isNull(branch))
    })
  }
}
