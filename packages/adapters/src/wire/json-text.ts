import { isJsonObject } from '@capstan/core/internal'

/**
 * A string as well-formed JSON text: half of a character becomes U+FFFD. `JSON.stringify` would write it as an escape that strict
 * servers refuse to parse.
 */
export function jsonString(text: string): string {
  const json = JSON.stringify(text)
  return json.includes('\\ud') ? JSON.stringify(text.toWellFormed()) : json
}

/** True for a text that is a JSON object, such as the arguments of a call have to be. */
export function isObjectText(text: string): boolean {
  return isJsonObject(parseText(text))
}

/** True for a text that is JSON of any type. */
export function isJsonText(text: string): boolean {
  return parseText(text) !== undefined
}

/** JSON has no `undefined`: that is a text that is not JSON. */
function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
