import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { type Context, isPlainNumber, type Lowering, type Position, type Refuse, type TypedContext } from './context.ts'
import type { Dialect } from './dialect.ts'
import { alwaysInWords, fitsType, inferTypes, inWords, isTypeName, type TypeName, typeOfKeyword } from './keywords.ts'
import { lowerObject } from './lower-object.ts'
import { lowerArray, lowerNumber, lowerString } from './lower-types.ts'
import { mergeSchemas } from './merge-schemas.ts'
import { findRecursion, followReference, type Target } from './references.ts'

/** What a schema is lowered to, and what refuses it. */
interface LoweringOptions {
  readonly dialect: Dialect
  readonly refuse: Refuse
}

/**
 * Prepares the lowering of a schema.
 *
 * @param top - The schema with one object at its top: `#` refers to it.
 * @param given - The schema as it was given: all other references lead into it.
 */
export function createLowering(top: JsonObject, given: JsonObject, { dialect, refuse }: LoweringOptions): Lowering {
  const recursive = findRecursion(given)
  const follow = (reference: string): Target => (reference === '#' ? { schema: top, pointer: '' } : followReference(given, reference))
  const names = new Map<string, string>()
  let propertyCount = 0
  let enumCount = 0
  const nameOf = (pointer: string): string => {
    const known = names.get(pointer)
    if (known !== undefined) return known
    const base = (pointer.split('/').at(-1) ?? '').replace(/[^A-Za-z0-9_-]/g, '_') || 'definition'
    const taken = new Set(names.values())
    let name = base
    for (let count = 2; taken.has(name); count++) name = `${base}_${count}`
    names.set(pointer, name)
    return name
  }

  const refer = (reference: string, schema: JsonObject, position: Position): JsonObject | undefined => {
    const target = follow(reference)
    if (target === undefined) {
      return refuse(
        `${position.pointer}/$ref`,
        `'${reference}' does not exist in this schema. References to other documents cannot be sent; write out what they refer to.`,
      )
    }
    const { $ref: _reference, ...beside } = schema
    if (recursive.has(target.pointer)) {
      return { $ref: target.pointer === '' ? '#' : `#/${dialect.definitions}/${nameOf(target.pointer)}` }
    }
    if (!isJsonObject(target.schema)) return lowering.lower(target.schema, position)
    const { $defs: _defs, ...referred } = target.schema
    // Annotations beside a reference override those of its target; other keywords are added to it.
    const notes = Object.fromEntries(Object.entries(beside).filter(([key]) => key === 'description' || key === 'title' || key === 'default'))
    return lowering.lower({ ...mergeSchemas(referred, beside), ...notes }, position)
  }

  const lowering: Lowering = {
    dialect,
    refuse,
    countProperties: (count, pointer) => {
      propertyCount += count
      if (propertyCount > dialect.maxProperties) refuse(pointer, `the schema has more than ${dialect.maxProperties} properties. Split the tool.`)
    },
    hasRoomFor: (values) => {
      enumCount += values.length
      return enumCount <= dialect.maxEnumValues
    },
    lower: (schema, position) => {
      if (schema === undefined || schema === true) return lowerPlain({}, position, lowering)
      if (schema === false) return undefined
      if (!isJsonObject(schema)) return refuse(position.pointer, 'expected a schema: an object, true or false.')
      const reference = schema['$ref']
      if (reference === undefined) return lowerPlain(schema, position, lowering)
      if (typeof reference !== 'string') return refuse(`${position.pointer}/$ref`, 'expected a string.')
      return refer(reference, schema, position)
    },
    lowerRoot: () => {
      const { $defs: _defs, definitions: _definitions, ...object } = top
      const lowered: Record<string, Json> = {
        ...(lowering.lower(object, { pointer: '', depth: 0, isRequired: true }) ?? refuse('', 'no value fits this schema.')),
      }
      const definitions: Record<string, JsonObject> = {}
      // Lowering a definition can name further ones.
      for (const [pointer, name] of names) {
        const target = follow(`#${pointer}`)
        definitions[name] = lowering.lower(target?.schema, { pointer, depth: 1, isRequired: false }) ?? refuse(pointer, 'no value fits this schema.')
      }
      return Object.keys(definitions).length === 0 ? lowered : { ...lowered, [dialect.definitions]: definitions }
    },
  }
  return lowering
}

/** A schema without a reference at its top. */
function lowerPlain(given: JsonObject, position: Position, lowering: Lowering): JsonObject | undefined {
  const schema = joinAll(given, position, lowering)
  const branches = schema['anyOf'] ?? schema['oneOf']
  if (branches !== undefined) return lowerBranches(schema, branches, { position, lowering })
  const types = typesOf(schema, position, lowering)
  // Two schemas that were merged have no type in common: no value fits.
  if (types.length === 0) return undefined
  const [only] = types
  if (types.length === 1 && only !== undefined) return lowerTyped(schema, only, { position, lowering })
  if (lowering.dialect.closed && schema['type'] === undefined) {
    lowering.refuse(position.pointer, 'a value of any type cannot be sent in strict mode: give it a `type`.')
  }
  const each = types.map((type) => lowerTyped(onlyOf(schema, type), type, { position, lowering })).filter((branch) => branch !== undefined)
  return withNotes({ anyOf: each }, schema, [])
}

/** `allOf` written out: one schema with the constraints of all of them. */
function joinAll(schema: JsonObject, { pointer }: Position, { refuse }: Lowering): JsonObject {
  const { allOf, ...rest } = schema
  if (allOf === undefined) return schema
  if (!Array.isArray(allOf)) return refuse(`${pointer}/allOf`, 'expected a list of schemas.')
  const plain = allOf.filter((part: Json): part is JsonObject => isJsonObject(part) && part['$ref'] === undefined)
  const joined = plain.reduce((whole: JsonObject, part: JsonObject) => mergeSchemas(whole, part), rest as JsonObject)
  const referring = allOf.filter((part: Json) => isJsonObject(part) && part['$ref'] !== undefined)
  const [reference] = referring
  if (isJsonObject(reference)) refuse(`${pointer}/allOf`, 'a reference within `allOf` cannot be sent: write out what it refers to.')
  return joinedAgain(joined, schema)
}

/** Constraints that could not be joined are added to the description. */
function joinedAgain(joined: JsonObject, { description }: JsonObject): JsonObject {
  const { allOf: rest, ...whole } = joined
  if (rest === undefined) return joined
  return { ...whole, description: `${typeof description === 'string' ? `${description} ` : ''}[${inWords('allOf', rest)}]` }
}

function lowerBranches(schema: JsonObject, branches: Json, { position, lowering }: Context): JsonObject | undefined {
  const key = schema['anyOf'] === undefined ? 'oneOf' : 'anyOf'
  const { pointer } = position
  if (!Array.isArray(branches) || branches.length === 0) return lowering.refuse(`${pointer}/${key}`, 'expected a list of at least one schema.')
  const { [key]: _branches, oneOf, description: _description, title: _title, default: _default, ...beside } = schema
  const words = key === 'anyOf' && oneOf !== undefined ? [inWords('oneOf', oneOf)] : []
  const lowered = branches.flatMap((branch: Json, index): JsonObject[] => {
    const own = { ...position, pointer: `${pointer}/${key}/${index}`, isRequired: position.isRequired && branches.length === 1 }
    if (!isJsonObject(branch) && typeof branch !== 'boolean') return lowering.refuse(own.pointer, 'expected a schema: an object, true or false.')
    const whole = isJsonObject(branch) && Object.keys(beside).length > 0 ? joinBranch(branch, beside, { position: own, lowering }) : branch
    const one = lowering.lower(whole, own)
    return one === undefined ? [] : [one]
  })
  if (lowered.length === 0) return undefined
  const different = [...new Map(lowered.map((branch) => [JSON.stringify(branch), branch])).values()]
  if (different.length <= lowering.dialect.maxBranches)
    return withNotes({ anyOf: lowered.length <= lowering.dialect.maxBranches ? lowered : different }, schema, words)
  // More branches than can be sent: only their types are sent, and the rest is added to the description.
  const types = [...new Set(different.map(({ type }) => type).filter(isTypeName))]
  return withNotes({ anyOf: types.map((type) => ({ type })) }, schema, [...words, inWords('one of', branches)])
}

function joinBranch(branch: JsonObject, beside: JsonObject, { position, lowering }: Context): JsonObject {
  const keywords = Object.keys(beside).filter((key) => key === 'type' || Object.hasOwn(typeOfKeyword, key))
  if (keywords.length === 0) return branch
  if (branch['$ref'] !== undefined)
    lowering.refuse(position.pointer, `\`${keywords[0]}\` beside branches that are references cannot be sent: write out what they refer to.`)
  return mergeSchemas(branch, beside)
}

function typesOf(schema: JsonObject, { pointer }: Position, { refuse }: Lowering): readonly TypeName[] {
  const { type } = schema
  const given = type === undefined ? inferTypes(schema) : Array.isArray(type) ? type : [type]
  const types = [...new Set(given)]
  if (!types.every(isTypeName)) return refuse(`${pointer}/type`, `${JSON.stringify(type)} is not a type of JSON Schema.`)
  const all = schema['nullable'] === true && !types.includes('null') ? [...types, 'null' as const] : types
  // An integer is a number.
  return all.includes('number') ? all.filter((name) => name !== 'integer') : all
}

/** The keywords that speak of one type, and the values of that type. */
function onlyOf(schema: JsonObject, type: TypeName): JsonObject {
  const base = type === 'integer' ? 'number' : type
  const kept = Object.entries(schema).filter(([key]) => !Object.hasOwn(typeOfKeyword, key) || typeOfKeyword[key] === base)
  const { description: _description, title: _title, default: _default, nullable: _nullable, ...rest } = Object.fromEntries(kept)
  return rest
}

function lowerTyped(schema: JsonObject, type: TypeName, context: Context): JsonObject | undefined {
  const words: string[] = []
  const keys: Record<string, Json> = { type }
  const values = valuesOf(schema, context)
  if (values !== undefined) {
    const fitting = values.filter((value) => fitsType(value, type))
    if (fitting.length === 0) return values.length > 0 && type !== 'null' ? undefined : { type }
    if (canList(fitting, type, context.lowering)) keys['enum'] = fitting
    else if (type !== 'null') words.push(inWords('one of', fitting))
  }
  const own = lowerOwn(schema, type, { ...context, words })
  if (own === undefined) return undefined
  for (const key of alwaysInWords) if (schema[key] !== undefined) words.push(inWords(key, schema[key]))
  return withNotes({ ...keys, ...own }, schema, words)
}

function lowerOwn(schema: JsonObject, type: TypeName, context: TypedContext): JsonObject | undefined {
  switch (type) {
    case 'object':
      return lowerObject(schema, context)
    case 'array':
      return lowerArray(schema, context)
    case 'string':
      return lowerString(schema, context)
    case 'number':
    case 'integer':
      return lowerNumber({ ...schema, type }, context)
    default:
      return {}
  }
}

function valuesOf(schema: JsonObject, { position, lowering }: Context): readonly Json[] | undefined {
  if (schema['const'] !== undefined) return [schema['const']]
  const values = schema['enum']
  if (values === undefined) return undefined
  if (!Array.isArray(values) || values.length === 0) return lowering.refuse(`${position.pointer}/enum`, 'expected a list of at least one value.')
  return values
}

/** Long lists of long values are refused by their length. */
const longList = 250
const maxListText = 7_500

function canList(values: readonly Json[], type: TypeName, lowering: Lowering): boolean {
  if (type === 'object' || type === 'array' || type === 'null') return false
  if (values.some((value) => typeof value === 'number' && !isPlainNumber(value))) return false
  if (!lowering.hasRoomFor(values)) return false
  return values.length <= longList || !Number.isFinite(lowering.dialect.maxEnumValues) || JSON.stringify(values).length <= maxListText
}

/** Adds description, title and default. Constraints that the flavour cannot express are added to the description. */
function withNotes(lowered: JsonObject, { description, title, default: value }: JsonObject, words: readonly string[]): JsonObject {
  const { type, ...rest } = lowered
  const said = [...(typeof description === 'string' ? [description] : []), ...(words.length > 0 ? [`[${words.join('; ')}]`] : [])].join(' ')
  const hasDefault = value !== undefined && isTypeName(type) && type !== 'object' && type !== 'array' && fitsType(value, type)
  return {
    ...(type !== undefined && { type }),
    ...((said !== '' || description === '') && { description: said }),
    ...(typeof title === 'string' && { title }),
    ...rest,
    ...(hasDefault && { default: value }),
  }
}
