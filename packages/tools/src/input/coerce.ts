import type { Json } from '@capstan/core'
import { isJsonObject, parseExactly, type SchemaPosition, type Steps, type TypeName, toPointer, typeOf } from '@capstan/core/internal'
import type { Work } from '../interpreter/work.ts'

/** A path into an input: property names and array indexes. */
export type InputPath = readonly string[]

/** Where validation failed, and whether a `bigint` was expected there. */
export interface Mismatch {
  readonly path: InputPath
  readonly expectsBigInt: boolean
}

/** An input that may be changed, and the JSON pointers of the changed values. */
export interface CoercedInput {
  value: Json
  readonly pointers: Set<string>
}

/**
 * Changes a value that failed validation to the type that the schema asks for, if nothing is lost: `"5"` to `5`, `"true"` to `true`,
 * JSON in a string to its value, a single value to a list of it, `null` for an optional property to its absence, and arguments that are
 * `null`, `""` or `[]` to an empty object. Changes the input itself.
 *
 * @returns True when it was changed.
 */
export function coerceAt(input: CoercedInput, { path, expectsBigInt }: Mismatch, root: SchemaPosition): boolean {
  const found = valueAt(input.value, path)
  if (found === undefined) return false
  const change = expectsBigInt ? toBigInt(found) : coerceValue(found, path, root)
  if (change === undefined) return false
  replaceAt(input, path, change)
  input.pointers.add(toPointer(path))
  return true
}

/** What `removeNulls` works with. */
export interface NullRemoval {
  /** The position of the complete input. */
  readonly root: SchemaPosition
  readonly work: Work
}

/**
 * Removes `null` from the objects at a path and inside it, where the schema names the property, allows its absence and does not allow
 * `null`. The issue of a union names the object, not the property; and a schema that joins the branches of a union asks for `null` in the
 * properties of all other branches. Changes the input itself.
 *
 * @returns True when it was changed.
 */
export function* removeNulls(input: CoercedInput, path: InputPath, { root, work }: NullRemoval): Steps<boolean> {
  const value = valueAt(input.value, path)
  if (typeof value !== 'object' || value === null) return false
  const position = root.at(path)
  let isChanged = false
  for (const [key, child] of Object.entries(value)) {
    if (work.spend(1)) yield
    const childPath = [...path, key]
    if (child === null && isJsonObject(value) && !allowsNull(position.property(key)) && position.isOptional(key)) {
      replaceAt(input, childPath, removed)
      input.pointers.add(toPointer(childPath))
      isChanged = true
    } else if (yield* removeNulls(input, childPath, { root, work })) isChanged = true
  }
  return isChanged
}

function allowsNull({ types }: SchemaPosition): boolean {
  return types === undefined || types.has('null')
}

/** The value at a path; `undefined` if there is none. */
export function valueAt(value: Json, path: InputPath): Json | undefined {
  let found: Json | undefined = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = Reflect.get(found, key)
  }
  return found
}

const removed: unique symbol = Symbol('removed')

type Change = Json | bigint | typeof removed

/** The longest integer that is converted to a `bigint`: the conversion takes more than linear time. */
const maxBigIntLength = 10_000

function toBigInt(value: Json): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  return typeof value === 'string' && value.length <= maxBigIntLength && /^-?\d+$/.test(value) ? BigInt(value) : undefined
}

function coerceValue(value: Json, path: InputPath, root: SchemaPosition): Change | undefined {
  const position = root.at(path)
  const { types } = position
  if (path.length === 0 && types?.has('object') === true && isNothing(value)) return {}
  if (types === undefined || types.has(typeOf(value)) || (typeof value === 'number' && types.has('number'))) return undefined
  if (value === null) return isOptional(path, root) ? removed : undefined
  const converted = typeof value === 'string' ? fromText(value, types, position) : fromNumber(value, types)
  if (converted !== undefined) return converted
  return types.has('array') && !Array.isArray(value) ? [value] : undefined
}

/** True for what models send as arguments if a tool has none. */
function isNothing(value: Json): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function fromNumber(value: Json, types: ReadonlySet<TypeName>): Json | undefined {
  // A number whose text differs from `String(value)` is already a string here: core converts it when it parses the arguments.
  return types.has('string') && Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : undefined
}

function fromText(text: string, types: ReadonlySet<TypeName>, position: SchemaPosition): Json | undefined {
  const trimmed = text.trim()
  if ((types.has('number') || types.has('integer')) && isExactNumber(trimmed)) return Number(trimmed)
  if (types.has('boolean') && /^(?:true|false)$/i.test(trimmed)) return trimmed.toLowerCase() === 'true'
  if (types.has('null') && trimmed === 'null') return null
  const parsed = /^[[{]/.test(trimmed) ? parseJson(trimmed, position) : undefined
  return parsed !== undefined && types.has(typeOf(parsed)) ? parsed : undefined
}

/** True for decimal JSON numbers with up to 15 digits, which a double represents without loss. */
function isExactNumber(text: string): boolean {
  return text.length <= 20 && /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) && text.replace(/\D/g, '').length <= 15
}

function parseJson(text: string, position: SchemaPosition): Json | undefined {
  try {
    const read = parseExactly(text, position)
    return 'value' in read ? read.value : undefined
  } catch {
    return undefined
  }
}

function isOptional(path: InputPath, root: SchemaPosition): boolean {
  const key = path.at(-1)
  return key !== undefined && root.at(path.slice(0, -1)).isOptional(key)
}

function replaceAt(input: CoercedInput, path: InputPath, change: Change): void {
  const key = path.at(-1)
  const parent = valueAt(input.value, path.slice(0, -1))
  if (key === undefined)
    input.value = change === removed ? null : (change as Json) // validators also take a bigint
  else if (change !== removed) Reflect.set(parent as object, key, change)
  else if (isJsonObject(parent)) Reflect.deleteProperty(parent, key)
}
