import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Payload, PayloadReader } from './payload-reader.ts'
import { Utf8Decoder } from './utf8.ts'

function read(chunks: readonly Buffer[], maxEventBytes = 1_000_000): readonly Payload[] {
  const reader = new PayloadReader(maxEventBytes)
  const payloads: Payload[] = []
  for (const chunk of chunks) reader.feed(chunk, payloads)
  reader.end(payloads)
  return payloads
}

function data(...chunks: readonly (string | Buffer)[]): readonly string[] {
  return read(chunks.map((chunk) => Buffer.from(chunk))).map((payload) => (payload.kind === 'event' ? payload.data : `document ${payload.text}`))
}

test.each([
  ['LF', 'data: a\n\ndata: b\n\n', ['a', 'b']],
  ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
  ['CR', 'data: a\r\rdata: b\r\r', ['a', 'b']],
  ['no space after the colon', 'data:a\n\n', ['a']],
  ['several data lines', 'data: a\ndata: b\n\n', ['a\nb']],
  ['a BOM', '\ufeffdata: a\n\n', ['a']],
  ['comments, ids, retries and unknown fields', ': hi\nid: 1\nretry: 5\nretry: x\nfoo: bar\ndata: a\n\n', ['a']],
  ['data without a colon', 'data\n\ndata: a\n\n', ['', 'a']],
  ['a missing last line break', 'data: a\n\ndata: b', ['a', 'b']],
  ['blank lines first', '\n\n\r\n  \ndata: a\n\n', ['a']],
  ['no event at all', ': a\n\n: b\n\n', []],
  ['nothing but blank', '\n \n', []],
  ['a JSON document', '\n\n{"a":\n1}', ['document {"a":\n1}']],
  ['an HTML document', '<!doctype html>', ['document <!doctype html>']],
  ['half of its first field', 'dat', []],
  ['a document that begins like a field', 'database error', ['document database error']],
])('a body with %s is read as it should', (_name, body, expected) => {
  expect(data(body)).toEqual(expected)
})

test('the name of an event is kept', () => {
  expect(read([Buffer.from('event: error\ndata: a\n\n')])).toEqual([{ kind: 'event', data: 'a', name: 'error' }])
})

const stream = Buffer.from(
  `\ufeff: keep-alive\r\n\r\n${[{ choices: [{ index: 0, delta: { content: 'Grüße 😀 ｜▁' } }] }, { choices: [], usage: null }].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}event: x\r\ndata: a\r\ndata:b\r\n\r\ndata: [DONE]\n\n`,
)

test('cut at any byte, a stream gives the same events', () => {
  const whole = read([stream])
  for (let at = 0; at <= stream.length; at++) expect(read([stream.subarray(0, at), stream.subarray(at)])).toEqual(whole)
})

test('byte by byte, a stream gives the same events', () => {
  expect(read(Array.from(stream, (byte) => Buffer.from([byte])))).toEqual(read([stream]))
})

function cut(bytes: Buffer, at: readonly number[]): readonly Buffer[] {
  const borders = [0, ...at.map((position) => position % (bytes.length + 1)).sort((left, right) => left - right), bytes.length]
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index], end))
}

test('cut anywhere and any number of times, a stream gives the same events', () => {
  const whole = read([stream])
  fc.assert(
    fc.property(fc.array(fc.nat(10_000), { maxLength: 20 }), (at) => {
      expect(read(cut(stream, at))).toEqual(whole)
    }),
  )
})

test('any text in any lines and any chunks comes back as it was', () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ' '))
  const ends = fc.constantFrom('\n', '\r\n', '\r')
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), ends, fc.array(fc.nat(10_000), { maxLength: 8 }), (lines, end, at) => {
      const bytes = Buffer.from(lines.map((text) => `data: ${text}${end}${end}`).join(''))
      const found = read(cut(bytes, at)).map((payload) => (payload.kind === 'event' ? payload.data : ''))
      expect(found).toEqual(lines)
    }),
  )
})

test('broken UTF-8 is decoded as the standard says, wherever it is cut', () => {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(100), { maxLength: 6 }), (buffer, at) => {
      const decoder = new Utf8Decoder()
      const text =
        cut(buffer, at)
          .map((chunk) => decoder.decode(chunk))
          .join('') + decoder.end()
      expect(text).toBe(new TextDecoder().decode(buffer))
    }),
    { numRuns: 1_000 },
  )
})

test('events, not streams, are limited in size', () => {
  const small = Buffer.from(`data: ${'x'.repeat(90)}\n\n`)
  expect(
    read(
      Array.from({ length: 100 }, () => small),
      100,
    ),
  ).toHaveLength(100)
  expect(() => read([Buffer.from(`data: ${'x'.repeat(101)}\n\n`)], 100)).toThrow(expect.objectContaining({ code: 'response-too-large' }))
  expect(() => read([Buffer.from(`data: ${'ü'.repeat(60)}\n\n`)], 100)).toThrow(expect.objectContaining({ code: 'response-too-large' }))
  expect(
    read(
      Array.from({ length: 10_000 }, () => Buffer.from(': keep-alive\n\n')),
      100,
    ),
  ).toEqual([])
})
