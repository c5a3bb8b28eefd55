import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { curlOf } from './curl.ts'
import { compareTexts, formatJson, showLine, showText } from './shown-text.ts'

const shown = (text: string): string =>
  showText(text)
    .map((piece) => (piece.isMark ? `<${piece.text}>` : piece.text))
    .join('')

test('characters that would hide, or change how others look, are shown by name', () => {
  expect(shown('a\u001b[31mred\u0007')).toBe('a<U+001B>[31mred<U+0007>')
  expect(shown('pay\u202eevil\u2066x\u200b\u00ad\ufeff\u{e0041}')).toBe('pay<U+202E>evil<U+2066>x<U+200B><U+00AD><U+FEFF><U+E0041>')
  expect(shown('\ud800 half')).toBe('<U+D800> half')
  expect(shown('line\r\nnext\tcell\rold')).toBe('line\nnext\tcell<U+000D>old')
  expect(shown('Grüße 你好 🧭')).toBe('Grüße 你好 🧭')
  expect(showText('plain')).toEqual([{ text: 'plain', isMark: false }])
  expect(showText('')).toEqual([])
})

test('a line of a list is one line and short', () => {
  expect(showLine('a\n  b\u001b', 20)).toBe('a bU+001B')
  expect(showLine('x'.repeat(5_000_000), 10)).toBe(`${'x'.repeat(10)}…`)
})

test('JSON is spread over lines, and other text is left as it is', () => {
  expect(formatJson('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}')
  for (const text of ['{"a":', '5', '"text"', 'words', 'null']) expect(formatJson(text)).toBe(text)
})

test('two texts are compared from both ends', () => {
  expect(compareTexts('the old end', 'the new end')).toEqual({ start: 'the ', before: 'old', after: 'new', end: ' end' })
  expect(compareTexts('aa', 'aaa')).toEqual({ start: 'aa', before: '', after: 'a', end: '' })
  expect(compareTexts('', 'x')).toEqual({ start: '', before: '', after: 'x', end: '' })
  expect(compareTexts('same', 'same')).toEqual({ start: 'same', before: '', after: '', end: '' })
})

test('a shell hands exactly the recorded request to curl, with the key of the variable', () => {
  const body = JSON.stringify({ text: `it's $HOME \`id\` "quoted" \\ 你好 ${'\n'}` })
  const command = curlOf({
    method: 'POST',
    url: "http://localhost:1/v1?a=1&b='2'",
    headers: { 'x-odd': "a'b $(id)", host: 'h', authorization: '[redacted]', cookie: 'c' },
    body,
  })
  const script = `curl() { for word in "$@"; do printf '%s\\0' "$word"; done; }\nAPI_KEY=test-key\n${command}`
  const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
  expect(stdout.split('\0').slice(0, -1)).toEqual([
    ...['--no-buffer', '--request', 'POST', "http://localhost:1/v1?a=1&b='2'"],
    ...['--header', 'Authorization: Bearer test-key', '--header', "x-odd: a'b $(id)", '--data-raw', body],
  ])
})

test('a command holds no character that a terminal obeys, and its body still says the same', () => {
  const value = { text: '\u009b31m \u202e \u007f' }
  const command = curlOf({ method: 'POST', url: 'http://localhost/', body: JSON.stringify(value) })
  expect(command).toMatch(/^[ -~\n]*$/)
  const [, body = ''] = /--data-raw '(.*)'$/.exec(command) ?? []
  expect(JSON.parse(body)).toEqual(value)
})

test('a body that is not text is decoded by the shell', () => {
  const bytes = Buffer.from([0, 1, 255])
  const command = curlOf({ method: 'PUT', url: 'http://localhost/', body: bytes.toString('base64'), bodyEncoding: 'base64' })
  const { stdout } = spawnSync('sh', ['-c', `curl() { cat; }\n${command}`])
  expect(stdout).toEqual(bytes)
})
