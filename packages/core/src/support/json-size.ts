import type { Json } from '../contract/json.ts'

/** About how much memory a JSON value holds, in characters: texts by their length, everything else by a few. */
export function jsonSize(value: Json): number {
  let size = 0
  // Not recursive: the value may be nested thousands of levels deep.
  const rest: Json[] = [value]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    size += typeof next === 'string' ? next.length : 8
    if (typeof next !== 'object' || next === null) continue
    for (const [key, inner] of Object.entries(next)) {
      size += key.length
      rest.push(inner)
    }
  }
  return size
}
