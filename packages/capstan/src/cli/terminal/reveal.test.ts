import { expect, test } from 'vitest'
import { ProseStream } from './prose-stream.ts'
import { ShownText } from './shown-text.ts'

const prose = (text: string): string => ShownText.prose(text).toString()
const strict = (text: string): string => ShownText.strict(text).toString()

test.each([
  ['an escape sequence of a terminal', '\u001b[31mred\u001b]52;c;aGk=\u0007', '<U+001B>[31mred<U+001B>]52;c;aGk=<U+0007>'],
  ['a C1 control character', 'a\u009b31m', 'a<U+009B>31m'],
  ['a lone carriage return', 'safe\rrm -rf', 'safe<U+000D>rm -rf'],
  ['a backspace and a delete', 'ab\u0008c\u007f', 'ab<U+0008>c<U+007F>'],
  ['a line separator', 'a\u2028b', 'a<U+2028>b'],
  ['overrides of direction', 'pay \u202e001\u202c', 'pay <U+202E>001<U+202C>'],
  ['isolates and marks of direction', '\u2066x\u2069\u200f\u061c', '<U+2066>x<U+2069><U+200F><U+061C>'],
  ['zero-width characters', 'pay\u200bpal\u2060\ufeff\u00ad', 'pay<U+200B>pal<U+2060><U+FEFF><U+00AD>'],
  ['tag characters', 'hi\u{e0068}\u{e0069}', 'hi<U+E0068><U+E0069>'],
  ['many blank braille patterns', `${'\u2800'.repeat(60)}x`, '<U+2800 ×60>x'],
  ['fillers of Hangul', 'a\u3164b\u115f\uffa0', 'a<U+3164>b<U+115F><U+FFA0>'],
  ['a run of no-break spaces', 'a\u00a0\u00a0b', 'a<U+00A0 ×2>b'],
  ['half a surrogate pair', 'x\ud83d', 'x<U+D83D>'],
  ['private and unassigned characters', '\ue000\u{e1000}', '<U+E000><U+E1000>'],
  ['a stack of marks', 'a\u0301\u0302\u0303\u0304', 'a\u0301\u0302<U+0303><U+0304>'],
  ['a word of two scripts', 'p\u0430ypal', 'p<U+0430 Cyrillic>ypal'],
  ['a Latin letter in a Cyrillic word', 'Москв\u0061', 'Москв<U+0061 Latin>'],
  ['a Greek letter that looks Latin', 'Αpple', '<U+0391 Greek>pple'],
])('prose shows %s', (_, text, shown) => {
  expect(prose(text)).toBe(shown)
})

test.each([
  'Hello, “world” – it’s 5\u00a0€ … café, Łódź, straße.',
  'line\nand\ttab',
  'Привет, мир и Paris; Ελλάδα and Athens',
  '使用API模型。日本語とEnglish\u3000です 한국어 API',
  'Δt = 5 μm, kΩ, 3πr²',
  '❤️ 👨‍👩‍👧 👍🏽 1️⃣ 🇩🇪 ☺️',
  'می‌خواهم क्‍ष',
  '‘quoted’ → ok ✓ 100 % ½ ①',
])('prose leaves ordinary text as it is: %s', (text) => {
  expect(prose(text)).toBe(text)
})

test('line breaks of Windows are kept as line breaks', () => {
  expect(prose('a\r\nb')).toBe('a\nb')
})

test('a line stays one line', () => {
  expect(ShownText.line('a\nrun it? yes\tb').toString()).toBe('a\\nrun it? yes\\tb')
  expect(ShownText.say`File ${'x\ncapstan: paid'}.`.toString()).toBe('File x\\ncapstan: paid.')
})

test.each([
  ['line feeds, tabs, quotes and backslashes', 'a\n\t"\\u0430', '"a\\n\\t\\"\\\\u0430"'],
  ['direction', 'a\u202eb', '"a\\u202eb"'],
  ['every blank but the space', 'a\u00a0b\u3000c d', '"a\\u00a0b\\u3000c d"'],
  ['joiners and variants, also of emoji', '❤\ufe0f', '"❤\\ufe0f"'],
  ['marks on letters', 'e\u0301', '"e\\u0301"'],
  ['a word of two scripts', 'p\u0430ypal', '"p\\u0430ypal"'],
  ['a word that only looks Latin', 'сосо', '"\\u0441\\u043e\\u0441\\u043e"'],
  ['wide and mathematical letters', 'ｐ𝐩', '"\\uff50\\ud835\\udc29"'],
  ['other slashes and commas', 'bank.com∕x 1‚000', '"bank.com\\u2215x 1\\u201a000"'],
  ['digits of other scripts beside Latin ones', '1٠0', '"1\\u06600"'],
  ['phonetic letters', 'ɡoogle', '"\\u0261oogle"'],
  ['letters of rare scripts', 'Ꭺ', '"\\u13aa"'],
])('data shows %s as escape sequences of JSON', (_, text, shown) => {
  expect(strict(text)).toBe(shown)
  expect(JSON.parse(shown)).toBe(text)
})

test.each(['Grüße an Łukasz', 'Привет, мир', 'Ελλάδα', '发票，五月（2026）', '日本語', 'عربي', 'Əliyev Kɔfi İğdır', 'invoice-7 (5 %) — “ok”'])(
  'data leaves ordinary text as it is: %s',
  (text) => {
    expect(strict(text)).toBe(`"${text}"`)
  },
)

test('objects, numbers and keys are shown as JSON, too', () => {
  const value = { 'a\u202e': [1, null, true, { b: 'c\n' }] }
  const shown = ShownText.strict(value).toString()
  expect(shown).toBe('{"a\\u202e":[1,null,true,{"b":"c\\n"}]}')
  expect(JSON.parse(shown)).toEqual(value)
})

test('JSON for programs loses nothing and has no character that controls a terminal', () => {
  const value = { text: 'a\u202e\u200b\u001b[31m\u2028 сосо ❤\ufe0f \ud83d', '\u0007': 1 }
  const json = ShownText.json(value, 2).toString()
  expect(JSON.parse(json)).toEqual(value)
  expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028]|\ufe0f/u)
  expect(json).toContain('сосо')
})

test.each([
  ['order-7', 'order-7'],
  ['a b', "'a b'"],
  ["it's", "'it'\\''s'"],
  ['$(rm -rf ~)', "'$(rm -rf ~)'"],
  ['a\nb\u001b]0;x', "$'a\\U0000000ab\\U0000001b]0;x'"],
  ["p\u0430y'\\", "$'p\\U00000430y\\'\\\\'"],
])('an id is quoted for the shell: %j', (id, quoted) => {
  expect(ShownText.shell(id).toString()).toBe(quoted)
})

test('text for a pipe is not changed', () => {
  const text = 'a\u001b[31m\u202e\r\n\ud83d\ude00'
  expect(ShownText.exact(text, {}).toString()).toBe(text)
  expect(ShownText.exact(text, { isTTY: true }).toString()).not.toContain('\u001b')
})

test('streamed prose is cleaned like the complete text, wherever it is split', () => {
  const text = 'Hi p\u0430ypal 👨‍👩‍👧 你好，世界\u3000です \r\nРубль \u202e5\u00a0€ می‌خواهم ❤️! done'
  const units = text.split('')
  for (const size of [1, 2, 3, 7, 1_000]) {
    const stream = new ProseStream()
    const pieces = Array.from({ length: Math.ceil(units.length / size) }, (_, index) => units.slice(index * size, (index + 1) * size).join(''))
    expect(pieces.map((piece) => stream.push(piece)).join('') + String(stream.end())).toBe(prose(text))
  }
})

test('a stream without spaces is not held back forever', () => {
  const stream = new ProseStream()
  const early = Array.from({ length: 600 }, () => String(stream.push('x'))).join('')
  expect(early.length).toBeGreaterThan(250)
  expect(early.length + String(stream.end()).length).toBe(600)
})

test('cleaning takes linear time', () => {
  const text = 'Привет paypаl \u2800 使用 '.repeat(25_000)
  const [half, all] = [text.slice(0, text.length / 2), text].map((part) => {
    const before = process.cpuUsage()
    strict(part)
    prose(part)
    return process.cpuUsage(before).user / 1_000
  }) as [number, number]
  expect(all).toBeLessThan(half * 4 + 300)
})
