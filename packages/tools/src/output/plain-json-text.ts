import { finishInTurns, Slice, type Steps } from '@capstan/core/internal'

/**
 * The JSON text of a large value, if the value is plain JSON: what `JSON.parse` makes. The value is looked through in turns of the event loop,
 * and no code of it runs.
 *
 * @param maxCharacters - A text that would be longer by a rough estimate is not made.
 * @returns `undefined` for any other value, and for one that is too large.
 */
export async function plainJsonText(value: object, maxCharacters: number): Promise<string | undefined> {
  try {
    return (await finishInTurns(isPlain(value, maxCharacters))) ? JSON.stringify(value) : undefined
  } catch {
    // A trap of a proxy threw, or the value is nested thousands of levels deep.
    return undefined
  }
}

/** A value that contains itself is too large. */
function* isPlain(value: object, maxCharacters: number): Steps<boolean> {
  const slice = new Slice()
  const open: unknown[] = [value]
  let characters = 0
  while (open.length > 0) {
    if (slice.spend(1)) yield
    const next = open.pop()
    characters += leastLength(next)
    if (characters > maxCharacters) return false
    if (typeof next !== 'object' || next === null) continue
    const isOpen = Array.isArray(next) ? openItems(next, open, maxCharacters - characters) : openProperties(next, open)
    if (!isOpen) return false
  }
  return true
}

/** The least length of a value in JSON; infinite for a value that JSON does not give back unchanged. */
function leastLength(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return value.length + 2
    case 'number':
      return Number.isFinite(value) ? 1 : Number.POSITIVE_INFINITY
    case 'boolean':
      return 4
    case 'object':
      return 2
    default:
      return Number.POSITIVE_INFINITY
  }
}

/** Adds the items of a list to what is looked through; false for a list that is too long or not plain. */
function openItems(list: readonly unknown[], open: unknown[], room: number): boolean {
  if (Object.getPrototypeOf(list) !== Array.prototype || list.length > room) return false
  for (const item of list) open.push(item)
  return true
}

function openProperties(object: object, open: unknown[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) return false
  const keys = Object.keys(object)
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(object, key)
    // A getter would be called twice.
    if (property === undefined || !('value' in property)) return false
    open.push(property.value)
  }
  return true
}
