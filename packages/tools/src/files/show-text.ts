/** Characters that end a line, change the order of others or have no form: shown in a listing, they could forge its lines. */
const unclear = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u
const lineEnds = /[\p{Cc}\p{Zl}\p{Zp}]/gu

/** A path for a line of text. One that could be taken for something else is quoted as in JSON, with escapes. */
export function showPath(path: string): string {
  const isClear = !unclear.test(path) && !/^["\s]|\s$|: | \(/.test(path)
  return isClear ? path : JSON.stringify(path).replace(new RegExp(unclear, 'gu'), escapeAll)
}

/** A piece of a file for one line: whatever could end the line is escaped. */
export function showInLine(text: string): string {
  return text.replace(lineEnds, (character) => (character === '\t' ? character : escapeAll(character)))
}

function escapeAll(character: string): string {
  return Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`).join('')
}
