import fc from 'fast-check'
import { expect, test } from 'vitest'
import { callTool, makeCall } from '../testing/call.ts'
import { tool } from '../tool.ts'
import { completeBounds, cutBounds } from './result-bounds.ts'
import { toResultText } from './to-result-text.ts'

const maxResultCharacters = 16 * 1024 * 1024

async function complete(value: unknown, maxCharacters = maxResultCharacters): Promise<string> {
  return await toResultText(value, { ...completeBounds(maxCharacters), signal: new AbortController().signal })
}

function returning(execute: () => unknown) {
  return tool({ name: 'a', description: 'A.', inputSchema: { type: 'object', properties: {} }, effect: 'read', maxResultBytes: 1_000, execute })
}

test.each([
  ['a text', () => 'ü'.repeat(100_000)],
  ['bytes', () => Buffer.from('ü'.repeat(100_000))],
  ['a stream', () => new Blob(['ü'.repeat(50_000), 'ü'.repeat(50_000)]).stream()],
])('%s is complete where the caller keeps it, and cut where it does not', async (_name, execute) => {
  const call = (context: object) => callTool(returning(execute), {}, makeCall(context))
  expect((await call({ maxResultCharacters })).text).toBe('ü'.repeat(100_000))
  const { text } = await call({})
  expect(text).toContain('left out')
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000)
})

test('the message of an error is complete too', async () => {
  const { ToolError } = await import('@capstan/core')
  const failing = returning(() => {
    throw new ToolError('x'.repeat(5_000))
  })
  expect(await callTool(failing, {}, makeCall({ maxResultCharacters }))).toMatchObject({ status: 'error', text: 'x'.repeat(5_000) })
  expect((await callTool(failing, {}, makeCall())).text).toContain('left out')
})

test('plain JSON of megabytes is complete', async () => {
  const rows = Array.from({ length: 100_000 }, (_, id) => ({ id, name: `name ${id}`, tags: ['a', null, 1.5, true], inner: { list: [[]], none: {} } }))
  expect(await complete({ rows, next: 'page 2' })).toBe(JSON.stringify({ rows, next: 'page 2' }))
})

test('what is not plain JSON is complete up to megabytes', async () => {
  const rows = Array.from({ length: 10_000 }, (_, id) => ({ id, at: new Date(id), big: 10n, missing: undefined, map: new Map([['a', Number.NaN]]) }))
  const text = await complete(rows)
  expect(text).not.toContain('left out')
  expect(JSON.parse(text)).toHaveLength(10_000)
  expect(JSON.parse(text)[9_999]).toEqual({ id: 9_999, at: '1970-01-01T00:00:09.999Z', big: '10', map: { a: 'NaN' } })
})

test('a value of any size takes bounded work', async () => {
  const list: unknown[] = []
  for (let depth = 0; depth < 40; depth++) list.push(list.slice())
  expect(await complete(list, 10_000)).toContain('the rest was not read')
  expect(
    (
      await complete(
        Array.from({ length: 3_000_000 }, () => 7),
        100_000,
      )
    ).length,
  ).toBeLessThan(300_000)
})

test('a getter is called once, and one that throws costs only its own value', async () => {
  let calls = 0
  const value = {
    get once() {
      return ++calls
    },
    get bad() {
      throw new Error('no')
    },
  }
  expect(await complete(value)).toBe('{"once":1,"bad":"[threw]"}')
})

test('for every value the complete text is what the model would get of it uncut', async () => {
  const leaf = fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constantFrom(null, undefined, 10n, new Date(0), Symbol('s'), new Set([1])))
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('value')), fc.dictionary(fc.string(), tie('value'))),
  }))
  await fc.assert(
    fc.asyncProperty(value, async (given) => {
      const cut = await toResultText(given, { ...cutBounds(10_000_000), signal: new AbortController().signal })
      expect(await complete(given)).toBe(cut)
    }),
  )
})
