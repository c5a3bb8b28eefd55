import { isJsonObject, type Json, type JsonObject } from '../contract/json.ts'
import { kindOf } from '../contract/options.ts'
import { escapePointer, toPointer } from '../contract/schema-types.ts'
import { Slice, type Steps } from '../contract/turns.ts'

/** A part of an input that stands for an earlier result: `{ "$result": "r12.0", "path"?: "/rows/0/id" }`. */
export interface Reference {
  /** Where it is in the input. */
  readonly position: readonly (string | number)[]
  readonly id: string
  /** JSON pointer into the result. Without one the text of the result is meant. */
  readonly path?: string
}

/** Inputs are not nested deeper; what is deeper stays as it is. */
const maxDepth = 64
const maxReferences = 100
const key = '$result'

/** The references in an input, or what is wrong with one of them. */
export type FoundReferences = { readonly references: readonly Reference[] } | { readonly problem: string }

/** A part of an input that is still to be looked through. */
interface OpenPart {
  readonly value: Json
  readonly position: Reference['position']
}

/** Finds the references in an input. */
export function* findReferences(input: Json): Steps<FoundReferences> {
  const references: Reference[] = []
  const slice = new Slice()
  const open: OpenPart[] = [{ value: input, position: [] }]
  // The list grows while it is looked through.
  for (const next of open) {
    if (slice.spend(1)) yield
    const { value, position } = next
    if (isJsonObject(value) && Object.hasOwn(value, key)) {
      const read = readReference(value, position)
      if ('problem' in read) return read
      references.push(read)
    } else if (position.length <= maxDepth) for (const part of partsOf(next)) open.push(part)
  }
  return references.length > maxReferences ? { problem: `an input has at most ${maxReferences} references to results` } : { references }
}

function partsOf({ value, position }: OpenPart): readonly OpenPart[] {
  if (Array.isArray(value)) return value.map((item: Json, index) => ({ value: item, position: [...position, index] }))
  return isJsonObject(value) ? Object.entries(value).map(([name, item]) => ({ value: item, position: [...position, name] })) : []
}

function readReference(given: JsonObject, position: Reference['position']): Reference | { readonly problem: string } {
  const { [key]: id, path, ...others } = given as Readonly<Record<string, Json | undefined>>
  const isPath = path === undefined || path === null || (typeof path === 'string' && (path === '' || path.startsWith('/')))
  if (typeof id === 'string' && isPath && Object.keys(others).length === 0) return { position, id, ...(typeof path === 'string' && { path }) }
  const where = toPointer(position) || 'the input'
  return { problem: `${where}: a reference to a result is {"$result":"r12.0"}, or {"$result":"r12.0","path":"/rows/0/id"} with a JSON pointer` }
}

/** The input with values in place of its references: a copy of what leads to them. */
export function replaceReferences(input: Json, values: readonly { readonly position: Reference['position']; readonly value: Json }[]): Json {
  return values.reduce((whole, { position, value }) => replaceAt(whole, position, value), input)
}

function replaceAt(whole: Json, [name, ...rest]: Reference['position'], value: Json): Json {
  if (name === undefined) return value
  if (Array.isArray(whole)) return whole.map((item: Json, index) => (index === name ? replaceAt(item, rest, value) : item))
  if (!isJsonObject(whole)) return whole
  const entries = Object.entries(whole).map(([property, item]) => [property, property === name ? replaceAt(item, rest, value) : item] as const)
  return Object.fromEntries(entries)
}

/**
 * The value at a JSON pointer.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6901
 * @returns The value, or what is there instead.
 */
export function valueAt(whole: Json, pointer: string): { readonly value: Json } | { readonly problem: string } {
  let value = whole
  let reached = ''
  for (const token of pointer === '' ? [] : pointer.slice(1).split('/')) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    const found = memberOf(value, name)
    if (found === undefined) return { problem: `there is no ${JSON.stringify(name.slice(0, 100))} at ${reached || 'its top'}, which is ${describe(value)}` }
    value = found
    reached += `/${escapePointer(name)}`
  }
  return { value }
}

function memberOf(value: Json, name: string): Json | undefined {
  if (Array.isArray(value)) return /^(?:0|[1-9]\d*)$/.test(name) ? value[Number(name)] : undefined
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

const maxNames = 10

function describe(value: Json): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (!isJsonObject(value)) return kindOf(value)
  const names = Object.keys(value)
  const shown = names.slice(0, maxNames).map((name) => JSON.stringify(name.slice(0, 60)))
  return `an object with ${shown.join(', ') || 'no names'}${names.length > maxNames ? ` and ${names.length - maxNames} more` : ''}`
}
