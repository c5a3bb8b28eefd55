import type { Json } from 'capstan'

const hidden = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u

/** JSON on one line in which every character is visible: controls, blanks other than the space, and what changes the direction of text are escapes. */
export function visibleJson(value: Json | undefined): string {
  return [...(JSON.stringify(value) ?? 'null')].map((character) => (character !== ' ' && hidden.test(character) ? escapeOf(character) : character)).join('')
}

function escapeOf(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
