import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { callTool, makeCall } from '../testing/call.ts'
import { tool } from '../tool.ts'
import { cutBounds } from './result-bounds.ts'
import { serialise } from './serialise.ts'
import { toResultText } from './to-result-text.ts'

async function textOf(value: unknown, maxBytes = 50_000): Promise<string> {
  return await toResultText(value, { ...cutBounds(maxBytes), signal: new AbortController().signal })
}

const cyclic: Record<string, unknown> = { name: 'a' }
cyclic['self'] = cyclic
const throwing = {
  toJSON: () => {
    throw new Error('no')
  },
}
const trapped = {
  good: 1,
  get bad(): number {
    throw new Error('trap')
  },
}
const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('get')
    },
    has: () => {
      throw new Error('has')
    },
    ownKeys: () => {
      throw new Error('keys')
    },
    getPrototypeOf: () => {
      throw new Error('prototype')
    },
  },
)
const endless: object = new Proxy(
  {},
  {
    get: (_target, key) => (key === 'toJSON' || key === Symbol.asyncIterator ? undefined : endless),
    has: () => false,
    ownKeys: () => ['a', 'b'],
    getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true, value: 1 }),
  },
)

test.each([[undefined], [null], ['']])('E7: %j becomes "no output"', async (value) => {
  expect(await textOf(value)).toBe('(no output)')
})

test.each<[string, unknown, string]>([
  ['text', 'as it is', 'as it is'],
  ['a number', 5, '5'],
  ['NaN', Number.NaN, 'NaN'],
  ['false', false, 'false'],
  ['a bigint', 12345678901234567890n, '12345678901234567890'],
  ['an object', { a: [1, 'x', null] }, '{"a":[1,"x",null]}'],
  ['nothing inside', { a: undefined, b: () => 1, c: Symbol('s'), d: [undefined] }, '{"d":[null]}'],
  ['numbers that are none', { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: 5n }, '{"a":"NaN","b":"Infinity","c":"5"}'],
  ['a cycle', cyclic, '{"name":"a","self":"[circular]"}'],
  ['a part used twice', { one: [1], two: [1] }, '{"one":[1],"two":[1]}'],
  ['a map', new Map([['a', 1]]), '{"a":1}'],
  ['a map of objects', new Map([[{ k: 1 }, 2]]), '[[{"k":1},2]]'],
  ['a set', new Set([1, 'b']), '[1,"b"]'],
  ['an iterator', [1, 'b'].values(), '[1,"b"]'],
  ['search parameters', new URLSearchParams('a=1'), '[["a","1"]]'],
  ['a date', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
  ['an invalid date', { at: new Date(Number.NaN) }, '{"at":"Invalid Date"}'],
  ['an Error', { error: new TypeError('no') }, '{"error":{"name":"TypeError","message":"no"}}'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  ['a function', () => 1, '[function]'],
  ['a toJSON that throws', { a: throwing, b: 1 }, '{"a":"[threw]","b":1}'],
  ['a toJSON', { a: { toJSON: () => ({ b: 1n }) } }, '{"a":{"b":"1"}}'],
  ['a getter that throws', trapped, '{"good":1,"bad":"[threw]"}'],
  ['a proxy that throws', hostile, '"[threw]"'],
  ['a proxy that throws inside', { a: hostile }, '{"a":"[threw]"}'],
  [
    'a class instance',
    new (class Point {
      readonly x = 1
    })(),
    '{"x":1}',
  ],
  ['boxed values', [Object(1), Object('a'), Object(true)], '[1,"a",true]'],
  ['a regular expression and a URL', [/a/g, new URL('https://example.com/')], '["/a/g","https://example.com/"]'],
  ['bytes inside', { data: Buffer.from('abc') }, '{"data":"[binary data, 3 bytes]"}'],
  ['a promise inside', { later: Promise.resolve(1) }, '{"later":"[promise]"}'],
  ['a lone surrogate', '\uD83D cut', '\uFFFD cut'],
  ['a lone surrogate inside', { a: '\uDC00' }, '{"a":"\\udc00"}'],
  ['NUL and ANSI', '\u0000 \u001B[31mred', '\u0000 \u001B[31mred'],
  ['role markers', '<|im_start|>system', '<|im_start|>system'],
])('E8, E12, E13: %s has a text form', async (_case, value, text) => {
  expect(await textOf(value)).toBe(text)
})

test('E8: a value nested deeper than 64 levels is replaced by a note', async () => {
  let deep: unknown = 'end'
  for (let level = 0; level < 10_000; level++) deep = [deep]
  expect(await textOf(deep)).toContain('"[too deep]"')
})

test('E8: a proxy with endlessly many properties is cut', async () => {
  expect(Buffer.byteLength(await textOf(endless))).toBeLessThanOrEqual(50_000)
})

test('E9: of 2 MB of text the head and the tail are kept, with sizes', async () => {
  const text = await textOf(`START${'x'.repeat(2_000_000)}END`)
  expect(text).toMatch(/^START.*x\n\[… 1,9\d\d,\d{3} of 2,000,008 characters left out …\]\nx.*END$/s)
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(50_000)
})

test('E9: 500 MB of text take no more memory than their ends', async () => {
  const huge = Buffer.alloc(500_000_000, 'x').toString('latin1')
  const before = performance.now()
  const text = await textOf(huge)
  expect(performance.now() - before).toBeLessThan(2_000)
  expect(text).toContain('of 500,000,000 characters left out')
})

test('E9: of a list of ten million items the first and the last are kept', async () => {
  const text = await textOf(Array.from({ length: 1e7 }, (_value, index) => index))
  expect(text).toMatch(/^\[0,1,2,/)
  expect(text).toMatch(/,9999999\]$/)
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(50_000)
})

test('E9: long text inside an object is cut separately, so that the end of the object is kept', async () => {
  const text = await textOf({ log: 'x'.repeat(5_000_000), code: 1 })
  expect(text).toMatch(/"code":1\}$/)
})

test('E9: of 4 MB of rows the first, the last and what follows them are kept', async () => {
  const rows = Array.from({ length: 20_000 }, (_value, id) => ({ id, text: 'x'.repeat(200) }))
  const text = await textOf({ rows, next: 'page 2' })
  expect(text.slice(0, 16)).toBe('{"rows":[{"id":0')
  expect(text.slice(-250)).toMatch(/\{"id":19999,"text":"x+"\}\],"next":"page 2"\}$/)
})

test('E9: a list, a map and a set have a note that counts what is left out', () => {
  const items = Array.from({ length: 100_000 }, (_value, index) => `item ${index}`)
  expect(serialise(items, cutBounds(300)).text).toMatch(/,"\[… 99,\d{3} of 100,000 items left out …\]",/)
  expect(serialise(new Map(items.map((item) => [item, 1])), cutBounds(300)).text).toMatch(/"\[…\]":"\[… 99,\d{3} properties left out …\]"\}$/)
  expect(serialise(new Set(items), cutBounds(300)).text).toMatch(/,"\[… more items left out …\]"\]$/)
})

test('E9: lists inside lists are bounded together', async () => {
  const wide = Array.from({ length: 1_000 }, () => 'x'.repeat(100))
  const nested = Array.from({ length: 1_000 }, () => ({ a: wide, b: wide, c: { d: wide, e: wide } }))
  expect(await textOf(nested, 1_000)).toContain('left out')
})

test('a cap never splits a character', async () => {
  const text = await textOf('😀'.repeat(10_000), 300)
  expect(text.replace(/\[….*…\]/, '')).toMatch(/^[😀\n]+$/u)
})

test('each tool has its own cap', async () => {
  const own = tool({ name: 'any_tool', description: 'Any.', inputSchema: { type: 'object' }, maxResultBytes: 300, execute: () => 'x'.repeat(1_000) })
  expect(Buffer.byteLength((await callTool(own, {}, makeCall())).text)).toBeLessThanOrEqual(300)
})

test.each<[string, () => unknown, string]>([
  ['a Buffer of text', () => Buffer.from('grüße'), 'grüße'],
  ['a Buffer of bytes', () => Buffer.from([0, 255, 1]), '[binary data, 3 bytes, not shown]'],
  ['bytes that are not UTF-8', () => new Uint8Array([0xff, 0xfe]), '[binary data, 2 bytes, not shown]'],
  ['an ArrayBuffer', () => new TextEncoder().encode('a').buffer, 'a'],
  ['no bytes', () => Buffer.alloc(0), '(no output)'],
  ['a Blob', () => new Blob(['a', 'b']), 'ab'],
  ['a Response', () => new Response('body'), 'body'],
  ['a Response without a body', () => new Response(null), '(no output)'],
  ['a Response of an error', () => new Response('gone', { status: 404, statusText: 'Not Found' }), 'HTTP 404 Not Found\n\ngone'],
  ['a ReadableStream', () => new Blob(['a']).stream(), 'a'],
  ['a Node stream', () => Readable.from(['a', 'b']), 'ab'],
  [
    'an async generator of objects',
    async function* () {
      yield { a: 1 }
      yield 2n
    } as unknown as () => unknown,
    '{"a":1}\n"2"\n',
  ],
])('E10: %s is read', async (_case, make, text) => {
  const value: unknown = make()
  expect(await textOf(value)).toBe(text)
})

test('E10: of a long Buffer the ends are kept, with sizes in bytes', async () => {
  expect(await textOf(Buffer.from('é'.repeat(100_000)), 1_000)).toMatch(/^é+\n\[… 199,\d{3} of 200,000 bytes left out …\]\né+$/)
})

test('E10: an endless stream is read to its cap and cancelled', async () => {
  let isCancelled = false
  async function* endlessly(): AsyncGenerator<string> {
    try {
      for (;;) yield 'x'.repeat(1_000_000)
    } finally {
      isCancelled = true
    }
  }
  expect(await textOf(endlessly())).toContain('the rest was not read')
  expect(isCancelled).toBe(true)
})

test('E10: a stream that sends nothing is cancelled at the timeout', async () => {
  let cancelled: (() => void) | undefined
  const isCancelled = new Promise<void>((resolve) => {
    cancelled = resolve
  })
  const own = tool({
    name: 'any_tool',
    description: 'Any.',
    inputSchema: { type: 'object' },
    timeoutMs: 5,
    execute: () => new ReadableStream({ cancel: () => cancelled?.() }),
  })
  expect(await callTool(own, {}, makeCall())).toMatchObject({ status: 'timeout' })
  await isCancelled
})

test('E10: a stream that breaks is an error', async () => {
  const error = new Error('broken')
  const own = tool({
    name: 'any_tool',
    description: 'Any.',
    inputSchema: { type: 'object' },
    execute: () => new ReadableStream({ start: (controller) => controller.error(error) }),
  })
  expect(await callTool(own, {}, makeCall())).toMatchObject({ status: 'error', error })
})

test('any value becomes well-formed text within the cap', async () => {
  const value = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
    withBoxedValues: true,
    stringUnit: 'binary',
  })
  await fc.assert(
    fc.asyncProperty(value, fc.integer({ min: 256, max: 2_000 }), async (any, maxBytes) => {
      const text = await textOf(any, maxBytes)
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes)
      expect(Buffer.from(text).toString()).toBe(text)
      expect(text).not.toBe('')
    }),
    { numRuns: 500 },
  )
})

test('any text keeps its head and its tail within the cap', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 3_000 }), fc.integer({ min: 256, max: 1_000 }), async (any, maxBytes) => {
      const text = await textOf(any, maxBytes)
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes)
      const whole = Buffer.from(any).toString()
      const [head = ''] = text.split('\n[… ')
      expect(text === '(no output)' || whole.startsWith(head)).toBe(true)
    }),
    { numRuns: 500 },
  )
})
