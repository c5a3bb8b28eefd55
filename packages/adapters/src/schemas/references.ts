import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

/** A place in a schema that other places refer to, or the reason why there is none. */
export type Target = { readonly schema: Json; readonly pointer: string } | undefined

/** Follows a local reference: `#`, or `#/` and a JSON pointer. */
export function followReference(root: JsonObject, reference: string): Target {
  if (reference === '#') return { schema: root, pointer: '' }
  if (!reference.startsWith('#/')) return undefined
  let place: Json = root
  for (const segment of reference.slice(2).split('/')) {
    const key = unescapeSegment(segment)
    const next: Json | undefined = Array.isArray(place) ? place[Number(key)] : isJsonObject(place) && Object.hasOwn(place, key) ? place[key] : undefined
    if (next === undefined) return undefined
    place = next
  }
  return { schema: place, pointer: reference.slice(1) }
}

function unescapeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return segment
  }
}

/** One segment of a JSON pointer. */
export function escapeSegment(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** The pointers of all places that lead back to themselves. */
export function findRecursion(root: JsonObject): ReadonlySet<string> {
  const leadsTo = new Map<string, ReadonlySet<string>>()
  const waiting = [...referencesIn(root)]
  for (let reference = waiting.pop(); reference !== undefined; reference = waiting.pop()) {
    const target = followReference(root, reference)
    if (target === undefined || leadsTo.has(target.pointer)) continue
    const found = referencesIn(target.schema)
    leadsTo.set(target.pointer, new Set(found.map((name) => name.slice(1))))
    waiting.push(...found)
  }
  return new Set([...leadsTo.keys()].filter((pointer) => reaches(pointer, leadsTo)))
}

function reaches(start: string, leadsTo: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const seen = new Set<string>()
  const waiting = [...(leadsTo.get(start) ?? [])]
  for (let pointer = waiting.pop(); pointer !== undefined; pointer = waiting.pop()) {
    // A place is reached by its own name, or by that of something around it.
    if (pointer === start || isWithin(start, pointer)) return true
    if (seen.has(pointer)) continue
    seen.add(pointer)
    waiting.push(...(leadsTo.get(pointer) ?? []))
  }
  return false
}

function isWithin(pointer: string, outer: string): boolean {
  return outer === '' || pointer.startsWith(`${outer}/`)
}

function referencesIn(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap((item: Json) => referencesIn(item))
  if (!isJsonObject(value)) return []
  const own = value['$ref']
  return [...(typeof own === 'string' ? [own] : []), ...Object.entries(value).flatMap(([key, child]) => (holdsData.has(key) ? [] : referencesIn(child)))]
}

/** Keywords that hold values, not schemas. Definitions are followed when something refers to them. */
const holdsData: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'required', '$defs', 'definitions'])
