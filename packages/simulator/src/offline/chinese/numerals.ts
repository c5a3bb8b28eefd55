const DIGITS = '零一二三四五六七八九'
const SMALL_UNITS: Readonly<Record<string, number>> = { 十: 10, 百: 100, 千: 1_000 }
const LARGE_UNITS: Readonly<Record<string, number>> = { 万: 10_000, 亿: 100_000_000 }

/** A number in Chinese characters, as the source of a regular expression: `二千三百四十`, `十七`, `三点五`. */
export const NUMERAL = '[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?'

/** The value of a number in Chinese characters, in digits: `二千三百四十` is `2340`, `二〇二六` is `2026`. */
export function readNumeral(text: string): string {
  const [whole = '', decimals] = text.replaceAll('〇', '零').replaceAll('两', '二').split('点')
  const value = /[十百千万亿]/.test(whole) ? String(readUnits(whole)) : digitsOf(whole)
  return decimals === undefined ? value : `${value}.${digitsOf(decimals)}`
}

function digitsOf(text: string): string {
  return [...text].map((character) => DIGITS.indexOf(character)).join('')
}

function readUnits(text: string): number {
  let total = 0
  let section = 0
  let digit = 0
  for (const character of text) {
    const small = SMALL_UNITS[character]
    const large = LARGE_UNITS[character]
    if (small !== undefined) {
      // A unit without a digit before it counts once: `十七` is 17.
      section += (digit === 0 ? 1 : digit) * small
      digit = 0
    } else if (large !== undefined) {
      // `一亿二千万`: ten thousand counts what came after the hundred million.
      total = large === LARGE_UNITS['亿'] ? (total + section + digit) * large : total + (section + digit) * large
      section = 0
      digit = 0
    } else digit = DIGITS.indexOf(character)
  }
  return total + section + digit
}
