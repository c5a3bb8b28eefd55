import type { Json } from '@capstan/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameParser } from './frame-parser.ts'

const frameOf = (delta: object, more: object = {}): string =>
  JSON.stringify({ id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: null }], ...more })

/** Ordinary texts, and texts that look like the JSON around them. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    '',
    'a',
    'probe',
    'probe!',
    '","finish_reason":"stop',
    '"}}]}',
    '\\',
    '\\"',
    '\\\\',
    'é\u2028',
    '\ud800',
    '"role"',
    'assistant',
    '{"a":1}',
    'x'.repeat(40),
  ),
)
const delta = fc.oneof(
  text.map((content) => ({ content })),
  text.map((content) => ({ role: 'assistant', content })),
  fc.tuple(text, text).map(([content, reasoning]) => ({ content, reasoning_content: reasoning })),
  text.map((reasoning) => ({ content: null, reasoning })),
  text.map((input) => ({ tool_calls: [{ index: 0, function: { arguments: input } }] })),
  fc.tuple(text, text).map(([id, input]) => ({ tool_calls: [{ index: 0, id, type: 'function', function: { name: 'look', arguments: input } }] })),
  fc.constant({}),
)

test('the frames of any stream equal those of JSON.parse', () => {
  const streams = fc.array(fc.tuple(delta, fc.constantFrom({}, {}, { usage: { total_tokens: 3 } }, { created: 2 })), { maxLength: 30 })
  fc.assert(
    fc.property(streams, (frames) => {
      const parser = new FrameParser(0)
      for (const [content, more] of frames) {
        const data = frameOf(content, more)
        expect(parser.parse(data)).toEqual(JSON.parse(data))
      }
    }),
    { numRuns: 500 },
  )
})

/** Parses a frame after `learned`, and compares the outcome with that of JSON.parse; both may fail. */
function outcomeOf(parse: () => Json): unknown {
  try {
    return parse()
  } catch (error) {
    return (error as Error).name
  }
}

test('whatever replaces the text, the outcome is that of JSON.parse', () => {
  const learned = frameOf({ content: 'word' })
  const [before, after] = learned.split('word') as [string, string]
  const raw = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom('a","x":"b', 'a"}},{"delta":{"content":"b', '\\u00e9', '\\ud83d\\ude00', '\\', '\\\\', '\\x', '\n', '\t', '" ', 'a\\"b'),
  )
  fc.assert(
    fc.property(raw, (inside) => {
      const parser = new FrameParser(0)
      parser.parse(learned)
      const data = `${before}${inside}${after}`
      expect(outcomeOf(() => parser.parse(data))).toEqual(outcomeOf(() => JSON.parse(data) as Json))
    }),
    { numRuns: 1_000 },
  )
})

test("a text that occurs twice, or twice under one key, is not used as the template's text", () => {
  for (const data of [
    frameOf({ content: 'm' }),
    '{"choices":[{"delta":{"content":"b","content":"c"}}]}',
    '{"choices":[{"delta":{"content":"b","content":"b"}}]}',
  ]) {
    const parser = new FrameParser(0)
    for (const next of [data, data.replace('"b"', '"d"'), data.replace('"c"', '"e"'), data.replace('"m"', '"n"')]) {
      expect(parser.parse(next)).toEqual(JSON.parse(next))
    }
  }
})

test('frames that differ in one text share one object; others do not', () => {
  const parser = new FrameParser(0)
  const first = parser.parse(frameOf({ content: 'word' }))
  expect(parser.parse(frameOf({ content: 'another' }))).toBe(first)
  expect(parser.parse(frameOf({ content: 'another' }, { created: 2 }))).not.toBe(first)
})

test('no template is looked for in a short reply', () => {
  const parser = new FrameParser()
  const frames = Array.from({ length: 12 }, (_, index) => parser.parse(frameOf({ content: `word ${index}` })))
  expect(new Set(frames.slice(0, 8)).size).toBe(8)
  expect(new Set(frames.slice(8)).size).toBe(1)
})
