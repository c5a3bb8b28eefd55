import { endOfString } from './exact-json.ts'

/**
 * The text of one member of a JSON object, byte for byte: numbers in it are still as they were written.
 *
 * @param text - Valid JSON.
 * @returns `undefined` when the value is not an object or has no such member. Of a repeated name the last one counts, as for JSON.parse.
 */
export function memberText(text: string, name: string): string | undefined {
  const first = text.search(/\S/)
  if (text[first] !== '{') return undefined
  let found: string | undefined
  for (let index = nextCharacter(text, first + 1); text[index] === '"'; index = nextCharacter(text, index)) {
    const endOfName = endOfString(text, index)
    const start = text.indexOf(':', endOfName) + 1
    const end = endOfValue(text, start)
    if (readName(text.slice(index, endOfName)) === name) found = text.slice(start, end).trim()
    // After the comma; the end of the object cannot be read as a name, so it ends the loop.
    index = text[end] === ',' ? end + 1 : end
  }
  return found
}

/** The index of the comma or the bracket that ends a value. */
function endOfValue(text: string, start: number): number {
  let depth = 0
  let index = start
  while (index < text.length) {
    const character = text[index]
    if (character === '"') {
      index = endOfString(text, index)
      continue
    }
    if (character === '{' || character === '[') depth++
    else if (depth === 0 && (character === ',' || character === '}')) return index
    else if (character === '}' || character === ']') depth--
    index++
  }
  return index
}

function nextCharacter(text: string, start: number): number {
  let index = start
  while (index < text.length && ' \t\n\r'.includes(text[index] ?? '')) index++
  return index
}

// A string token of valid JSON is a string.
function readName(token: string): string {
  return token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1)
}
