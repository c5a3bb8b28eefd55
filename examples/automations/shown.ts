/**
 * Text from outside, safe to show on a terminal or in a log: control characters, which can move the cursor or add lines, and invisible ones are
 * shown as escape sequences. The names of files and the messages of providers are text from outside.
 */
export function shown(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}
