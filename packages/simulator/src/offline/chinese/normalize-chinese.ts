import { NUMERAL, readNumeral } from './numerals.ts'

const HAN = /\p{Script=Han}/gu
const LATIN_WORD = /\p{Script=Latin}+/gu

/** Whether a text is written in Chinese, though names and numbers in it may not be. */
export function isChinese(text: string): boolean {
  return (text.match(HAN)?.length ?? 0) > (text.match(LATIN_WORD)?.length ?? 0)
}

const QUOTED = /("[^"]*"|“[^”]*”|「[^」]*」|`[^`]*`)/
const COUNT = `\\d+|${NUMERAL}`
const DATE = new RegExp(`(\\d{4}|[零〇一二三四五六七八九]{4})\\s*年\\s*(${COUNT})\\s*月\\s*(${COUNT})\\s*[日号]?`, 'g')
const DATE_OF_YEAR = new RegExp(`(\\d{4})-(\\d{2}-\\d{2})([^\\d]{1,20}?)(${COUNT})\\s*月\\s*(${COUNT})\\s*[日号]`, 'g')
const SLASHED_DATE = /(?<!\d)(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?!\d)/g
const PERCENT = new RegExp(`百分之\\s*(\\d+(?:\\.\\d+)?|${NUMERAL})`, 'g')
// Characters of numbers are also parts of words (一共, 星期一, 千万不要): only those that count or are computed with are numbers.
const AFTER = '(?=\\s*(?:天|日|周|个?星期|个?礼拜|个月|年|倍|%|加|减|乘|除以|的\\s*[\\d平]|[、和与]\\s*[\\d零一二两三四五六七八九十]))'
const BEFORE = '(?<=(?:加上?|减去?|乘以?|除以)\\s*)'
const COUNTED = new RegExp(
  `(?<![星期周第那这该同哪某每])(?:(?=[一二两三四五六七八九十])${NUMERAL}${AFTER}|${BEFORE}(?=[一二两三四五六七八九十])${NUMERAL})`,
  'g',
)
/** `打八五折`, `打85折`: what is left to pay, in tenths. */
const DISCOUNT = /打\s*([1-9一二三四五六七八九])\.?([1-9一二三四五六七八九])?\s*折/g
const OPERATORS: readonly (readonly [RegExp, string])[] = [
  [/(?<=[\d)%]\s*)(?:加上?|\+)(?=\s*[\d(])/g, ' + '],
  [/(?<=[\d)%]\s*)减去?(?=\s*[\d(])/g, ' - '],
  [/(?<=[\d)%]\s*)乘以?(?=\s*[\d(])/g, ' * '],
  [/(?<=[\d)%]\s*)除以(?=\s*[\d(])/g, ' / '],
]

/**
 * Writes the numbers, percentages and dates of a Chinese text as the rules read them: `２，３４０` as `2,340`, `百分之十七` as `17%`,
 * `2026年11月21日` as `2026-11-21`, `三加四` as `3 + 4`. Quoted passages, and texts in other languages, stay as they are.
 */
export function normalizeChinese(text: string): string {
  if (!isChinese(text)) return text
  return text
    .split(QUOTED)
    .map((part, index) => (index % 2 === 1 ? part : normalizePart(part)))
    .join('')
}

function normalizePart(text: string): string {
  const dated = halfWidth(text)
    .replace(DATE, (...[, ...parts]: readonly string[]) => isoDate(parts))
    .replace(SLASHED_DATE, (...[, ...parts]: readonly string[]) => isoDate(parts))
  const counted = withYears(dated)
    .replace(PERCENT, (_, percent: string) => `${numberOf(percent)}%`)
    .replace(DISCOUNT, (_, tenths: string, more?: string) => `打 ${numberOf(tenths)}${more === undefined ? '' : `.${numberOf(more)}`} 折`)
    .replace(COUNTED, (numeral) => numberOf(numeral))
  const written = OPERATORS.reduce((rest, [words, sign]) => rest.replace(words, sign), counted)
  // A number that letters follow, such as `5th`, is not a number: `3 + 4等于几` is written with a space.
  return written.replace(/(?<=[+\-*/] [\d.,]+)(?=\p{Script=Han})/gu, ' ')
}

/** `2026-11-21 到 12月5日`: a date without a year has that of the date before it. */
function withYears(text: string): string {
  return text.replace(
    DATE_OF_YEAR,
    (...[, year = '', rest = '', between = '', month = '', day = '']: readonly string[]) => `${year}-${rest}${between}${isoDate([year, month, day])}`,
  )
}

/** Digits, letters, percent signs and brackets in full width; commas and points only inside of numbers. */
function halfWidth(text: string): string {
  return text
    .replace(/[０-９Ａ-Ｚａ-ｚ％＋－＊／（）]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0))
    .replace(/(?<=\d)．(?=\d)/g, '.')
    .replace(/(?<=\d)，(?=\d{3}(?!\d))/g, ',')
}

function numberOf(text: string): string {
  return /^\d/.test(text) ? text : readNumeral(text)
}

function isoDate([year = '', month = '', day = '']: readonly string[]): string {
  return [numberOf(year), numberOf(month).padStart(2, '0'), numberOf(day).padStart(2, '0')].join('-')
}
