// One ideograph, or up to twelve letters, or up to three digits, or one other character, each with the space before it; or white space.
const PIECE =
  / ?[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]| ?(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}])[\p{L}\p{M}]){1,12}| ?\p{Nd}{1,3}| ?[^\s\p{L}\p{M}\p{Nd}]|\s+|[\s\S]/gu

/**
 * Splits a text into pieces that are counted as tokens. Joined, the pieces are the text.
 *
 * This is an estimate: no vendor's tokenizer is used. English text has about one token for each word.
 */
export function tokenize(text: string): readonly string[] {
  return text.match(PIECE) ?? []
}

/** Number of pieces of a text. */
export function countTokens(text: string): number {
  return tokenize(text).length
}
