import { describeCharacter, eachCharacter } from './characters.ts'

/**
 * How a text is checked. `strict`: data that a person decides about, in which every character counts. `prose`: text of a model or a
 * message, in which emoji, joiners inside words, Greek symbols and typographic spaces are ordinary.
 */
export type Reading = 'strict' | 'prose'

/** Why the character at a position of the text can be mistaken for another one; a hole where it cannot. */
export type Reasons = (string | undefined)[]

/** Finds characters that can be mistaken for others, in time that grows only with the length of the text. */
export function findLookAlikes(text: string, reading: Reading): Readonly<Reasons> {
  const found: Reasons = new Array<string | undefined>(text.length)
  let start = -1
  let isAscii = true
  eachCharacter(text, (character, offset) => {
    if (describeCharacter(character).isWord) {
      if (start === -1) start = offset
      isAscii &&= character <= 0x7e
      return
    }
    if (start !== -1 && !isAscii) addMixed(found, { word: text.slice(start, offset), index: start, reading })
    start = -1
    isAscii = true
  })
  if (start !== -1 && !isAscii) addMixed(found, { word: text.slice(start), index: start, reading })
  if (reading === 'strict') addStrict(found, text)
  return found
}

interface Word {
  readonly word: string
  readonly index: number
  readonly reading: Reading
}

/** In a word of several scripts, the letters that are not of its main script. @see https://www.unicode.org/reports/tr39/#Mixed_Script_Detection */
function addMixed(found: Reasons, { word, index, reading }: Word): void {
  const counts = new Map<string, number>()
  let isEastAsian = true
  eachCharacter(word, (character) => {
    const { script, isEastAsian: isWide } = describeCharacter(character)
    if (script === undefined) return
    counts.set(script, (counts.get(script) ?? 0) + 1)
    // Latin letters follow letters of these scripts without a space, as in `使用API`.
    isEastAsian &&= isWide || script === 'Latin'
  })
  if (counts.size < 2 || isEastAsian) return
  const [main] = [...counts].reduce((most, one) => (one[1] > most[1] || (one[1] === most[1] && one[0] === 'Latin') ? one : most))
  const reasons = new Map([...counts.keys()].map((script) => [script, `${script} in a word with ${main} letters`]))
  eachCharacter(word, (character, offset) => {
    const { script, looksLatin } = describeCharacter(character)
    // Greek letters are symbols in formulas and units: `Δt`, `μm`.
    const isSymbol = reading === 'prose' && script === 'Greek' && !looksLatin
    if (script !== undefined && script !== main && !isSymbol) found[index + offset] = reasons.get(script)
  })
}

function addStrict(found: Reasons, text: string): void {
  const context = contextOf(text)
  eachCharacter(text, (character, offset) => {
    if (character > 0x7e) found[offset] ??= strictReason(character, context)
  })
}

interface Context {
  readonly isEastAsian: boolean
  readonly hasAscii: boolean
  /** Scripts whose letters in the text all look Latin, as in `сосо`. */
  readonly disguised: ReadonlySet<string>
}

function contextOf(text: string): Context {
  const disguised = new Set<string>()
  const plain = new Set<string>()
  let isEastAsian = false
  eachCharacter(text, (character) => {
    const { script, looksLatin, isEastAsian: isWide } = describeCharacter(character)
    isEastAsian ||= isWide
    if (script !== undefined) (looksLatin ? disguised : plain).add(script)
  })
  for (const script of plain) disguised.delete(script)
  return { isEastAsian, hasAscii: /[0-9A-Za-z]/.test(text), disguised }
}

function strictReason(character: number, { isEastAsian, hasAscii, disguised }: Context): string | undefined {
  const { script, isEveryday, ascii, isPhonetic, looksLikePunctuation, isForeignDigit } = describeCharacter(character)
  // Beside Chinese or Japanese text, wide punctuation is ordinary.
  if (ascii !== undefined && !(isEastAsian && /[^A-Za-z0-9]/.test(ascii))) return `looks like '${ascii}'`
  if (script !== undefined && disguised.has(script)) return `${script}, looks like a Latin letter`
  if (script !== undefined && !isEveryday) return script === 'Unknown' ? 'a letter of a rare script' : `a letter of a rare script, ${script}`
  if (isPhonetic) return 'a phonetic letter'
  if (looksLikePunctuation) return 'looks like ASCII punctuation'
  return isForeignDigit && hasAscii ? 'a digit of another script' : undefined
}
