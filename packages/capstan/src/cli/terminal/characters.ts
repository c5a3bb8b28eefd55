/** The scripts in everyday use, from UAX #31, table 5. @see https://www.unicode.org/reports/tr31/#Table_Recommended_Scripts */
const everydayScripts =
  'Latin Han Hiragana Katakana Hangul Cyrillic Greek Arabic Hebrew Devanagari Thai Armenian Bengali Bopomofo Ethiopic Georgian Gujarati Gurmukhi Kannada Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Tibetan'
/** Rare scripts with letters that look like Latin ones. */
const rareScripts = 'Cherokee Coptic Lisu Deseret Glagolitic Gothic Osage Runic Tifinagh Vai'
const scripts = `${everydayScripts} ${rareScripts}`.split(' ').map((name) => ({ name, test: new RegExp(`\\p{Script=${name}}`, 'u') }))
const isEveryday = new Set(everydayScripts.split(' '))
const usesJoiners = new Set('Arabic Devanagari Bengali Gujarati Gurmukhi Kannada Malayalam Oriya Sinhala Tamil Telugu'.split(' '))
const isEastAsian = new Set('Han Hiragana Katakana Hangul Bopomofo'.split(' '))

/** Letters of scripts in everyday use that look like Latin letters. */
const latinLookAlikes = 'АВЕЅІЈКМНОРСТУХҮЬЗаеѕіїјорсухһӏԁԛԝүѵԌԜ ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲϳνυριαγ ԼՍՏՕհոսցօզյ'
/** Marks that look like ASCII punctuation. Quotation marks, dashes and the middle dot are not included, because they are too common. */
const punctuation = '‚‛‹›⁄∕⧸╱∶ː꞉․‧∙‐‑‒−⁃˗ʹʻʼʽˈ′‵ꞌ׀∣ǀǃ⁎∗ˆ˜∼٫٬'
/** Phonetic letters, small capitals and variants: Latin by script. The exceptions are letters of African languages and Azerbaijani. */
const phonetic = /[ƅƖƚƽȷ]|(?![ɓɔɖɗəɛɣɲʋ])[ɐ-ʯʰ-ʸᴀ-ᶿⱠ-Ɀꜰ-ꜱꝀ-ꟿꬰ-ꭤ]/u

const hiddenKinds: readonly (readonly [reason: string, test: RegExp])[] = [
  ['a control character', /[\p{Cc}\p{Zl}\p{Zp}]/u],
  ['changes the direction of text', /\p{Bidi_Control}/u],
  // The last two have no glyph: the filler of Khitan and the null note head of music.
  ['blank', /[\p{Zs}\u2800\u115f\u1160\u3164\uffa0\u{16fe4}\u{1d159}]/u],
  ['invisible', /[\p{Default_Ignorable_Code_Point}\p{Cf}]/u],
  ['without a glyph', /[\p{Cn}\p{Co}\p{Cs}]/u],
]

/** The properties of one character, independent of its neighbours. */
export interface Character {
  /** The reason why a terminal does not show the character; `undefined` if it shows it. */
  readonly hidden: string | undefined
  /** `undefined` for characters of all scripts, such as digits; `Unknown` for a script that is not listed here. */
  readonly script: string | undefined
  readonly isEveryday: boolean
  readonly isEastAsian: boolean
  readonly usesJoiners: boolean
  readonly looksLatin: boolean
  /** The ASCII equivalent of a styled or wide form. */
  readonly ascii: string | undefined
  readonly isPhonetic: boolean
  readonly looksLikePunctuation: boolean
  /** A digit that is not ASCII. */
  readonly isForeignDigit: boolean
  readonly isMark: boolean
  /** True for a mark that can follow any letter. Marks of one script, such as vowel signs, are part of its words. */
  readonly isFreeMark: boolean
  readonly isPictograph: boolean
  /** True for a letter, a number or a mark, which are the parts of words. */
  readonly isWord: boolean
  /** The most terminal columns that the character takes. */
  readonly width: 0 | 1 | 2
}

const known: Character[] = []

/** Describes a character. Each character is examined once in a process. */
export function describeCharacter(codePoint: number): Character {
  const found = known[codePoint]
  if (found !== undefined) return found
  const described = examine(String.fromCodePoint(codePoint))
  known[codePoint] = described
  return described
}

/** How many characters a text has. */
export function countCharacters(text: string): number {
  let characters = 0
  for (let offset = 0; offset < text.length; offset++) {
    characters++
    if ((text.codePointAt(offset) ?? 0) > 0xffff) offset++
  }
  return characters
}

/** Calls `visit` with each character of a text and its position. */
export function eachCharacter(text: string, visit: (codePoint: number, offset: number) => void): void {
  for (let offset = 0; offset < text.length; offset++) {
    const codePoint = text.codePointAt(offset) ?? 0
    visit(codePoint, offset)
    if (codePoint > 0xffff) offset++
  }
}

function examine(character: string): Character {
  const script = scriptOf(character)
  const isMark = /\p{M}/u.test(character)
  const isWide =
    /[\p{Emoji_Presentation}\p{Extended_Pictographic}ᄀ-ᅟ⺀-〾ぁ-㏿㐀-䶿一-鿿ꀀ-꓏ꥠ-꥿가-힣豈-﫿︰-﹯！-｠￠-￦\u{16fe0}-\u{18fff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u.test(
      character,
    )
  return {
    hidden: hiddenKinds.find(([, test]) => character !== ' ' && test.test(character))?.[0],
    script,
    isEveryday: script === undefined || isEveryday.has(script),
    isEastAsian: script !== undefined && isEastAsian.has(script),
    usesJoiners: script !== undefined && usesJoiners.has(script),
    looksLatin: latinLookAlikes.includes(character),
    ascii: asciiOf(character),
    isPhonetic: phonetic.test(character),
    looksLikePunctuation: punctuation.includes(character),
    isForeignDigit: character > '~' && /\p{Nd}/u.test(character),
    isMark,
    isFreeMark: isMark && /\p{Script=Inherited}/u.test(character),
    isPictograph: character > '~' && (character === '\ufe0f' || /[\p{Extended_Pictographic}\p{Emoji_Modifier}]/u.test(character)),
    isWord: /[\p{L}\p{N}\p{M}]/u.test(character),
    width: /[\p{Mn}\p{Me}]/u.test(character) ? 0 : isWide ? 2 : 1,
  }
}

function scriptOf(character: string): string | undefined {
  if (/[\p{Script=Common}\p{Script=Inherited}]/u.test(character)) return undefined
  return scripts.find(({ test }) => test.test(character))?.name ?? 'Unknown'
}

function asciiOf(character: string): string | undefined {
  if (character < '\u0100' || !/[\p{L}\p{Nd}\p{Nl}\p{P}\p{S}]/u.test(character)) return undefined
  const plain = character.normalize('NFKC')
  return /^[!-~]$/.test(plain) ? plain : undefined
}
