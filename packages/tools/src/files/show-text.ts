/** Characters that end a line, change the order of other characters or are invisible. In a listing they could forge lines. */
const unclear = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u
const lineEnds = /[\p{Cc}\p{Zl}\p{Zp}]/gu

/** Formats a path for one line of text. A path with misleading characters is quoted as in JSON, with escapes. */
export function showPath(path: string): string {
  const isClear = !unclear.test(path) && !/^["\s]|\s$|: | \(/.test(path)
  return isClear ? path : JSON.stringify(path).replace(new RegExp(unclear, 'gu'), escapeAll)
}

/** Formats a piece of a file for one line of text: characters that could end the line are escaped. */
export function showInLine(text: string): string {
  return text.replace(lineEnds, (character) => (character === '\t' ? character : escapeAll(character)))
}

function escapeAll(character: string): string {
  return Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`).join('')
}
