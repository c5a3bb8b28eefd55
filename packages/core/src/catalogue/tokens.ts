import { stemmer } from 'stemmer'

/** A longer word is an identifier or encoded data: only its beginning is kept. */
const maxWordLength = 40

/** A piece of text between spaces and punctuation. */
const piece = /[\p{L}\p{M}\p{N}]+/gu
const plainPiece = /[A-Za-z0-9]+/g
const beyondAscii = /[\u0080-\uFFFF]/
const plainWord = /^[a-z]+$/
// Written without spaces between words, with signs that carry meaning of their own. U+30FC prolongs a vowel in katakana.
const signs = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Bopomofo}\\u30FC'
// Written without spaces between words, with letters.
const unspaced = '\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const run = new RegExp(`([${signs}]+)|([${unspaced}]+)|[^${signs}${unspaced}]+`, 'gu')
const part = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lt}\p{Lm}\p{Lo}\p{M}]+|\p{N}+/gu
// Marks are optional or accents in these scripts. In Indic scripts they are vowels.
const accented = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Arabic}\p{Script=Hebrew}\p{M}]+$/u

/** The pieces of a text between spaces and punctuation, after Unicode normalization (NFKC). */
export function piecesOf(text: string): readonly string[] {
  return (beyondAscii.test(text) ? text.normalize('NFKC').match(piece) : text.match(plainPiece)) ?? []
}

/**
 * Splits a piece into words in lower case. Words of Latin and other alphabets are split at letter case and digits, and are there joined too
 * (`GitHub`: git, hub, github). Chinese, Japanese and Korean signs count singly and in pairs, Thai, Lao, Khmer and Burmese letters in pairs.
 * Takes time and memory in proportion to the length of the piece.
 */
export function wordsOf(piece: string): readonly string[] {
  if (plainWord.test(piece)) return [piece.slice(0, maxWordLength)]
  const words: string[] = []
  for (const [found, ofSigns, ofLetters] of piece.matchAll(run)) {
    if (ofSigns !== undefined) addSigns([...ofSigns], words, 1)
    else if (ofLetters !== undefined) addSigns([...ofLetters], words, 2)
    else addParts(found, words)
  }
  return words
}

/** What a word is counted as: an English word by its Porter stem, any other word by itself. */
export function termOf(word: string): string {
  return plainWord.test(word) ? stemmer(word) : word
}

/** Adds all sequences of `least` to 2 signs. */
function addSigns(run: readonly string[], words: string[], least: 1 | 2): void {
  run.forEach((sign, index) => {
    if (least === 1 || run.length === 1) words.push(sign)
    const next = run[index + 1]
    if (next !== undefined) words.push(sign + next)
  })
}

function addParts(text: string, words: string[]): void {
  const parts = text.match(part) ?? []
  for (const found of parts) words.push(fold(found))
  if (parts.length > 1) words.push(fold(text))
}

function fold(text: string): string {
  const lower = text.slice(0, maxWordLength).toLowerCase()
  return accented.test(lower) ? lower.normalize('NFD').replace(/\p{M}+/gu, '') || lower : lower
}
