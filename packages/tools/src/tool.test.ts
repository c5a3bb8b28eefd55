import { AgentError } from '@capstan/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { callTool, makeCall } from './testing/call.ts'
import { tool } from './tool.ts'

const wordCount = tool({
  name: 'word_count',
  description: 'Counts the words of a text.',
  inputSchema: z.object({
    text: z.string().describe('The text to count.'),
    minLength: z.number().int().min(1).default(1).describe('Shortest word to count.'),
  }),
  execute: ({ text, minLength }) => ({ count: text.split(/\s+/).filter((word) => word.length >= minLength).length }),
})

/** Options that are right, for tests that make one of them wrong. */
function options(overrides: object): Parameters<typeof tool>[0] {
  return { name: 'word_count', description: 'Counts.', inputSchema: { type: 'object' }, execute: () => 'ok', ...overrides }
}

function errorOf(define: () => unknown): AgentError {
  try {
    define()
  } catch (error) {
    if (AgentError.is(error)) return error
    throw error
  }
  throw new Error('It was accepted.')
}

test('a tool shows the model its name, its description and its schema', () => {
  expect(wordCount).toMatchObject({ name: 'word_count', description: 'Counts the words of a text.' })
  expect(wordCount.inputSchema).toEqual({
    type: 'object',
    properties: {
      text: { type: 'string', description: 'The text to count.' },
      minLength: { type: 'integer', description: 'Shortest word to count.', default: 1, minimum: 1 },
    },
    required: ['text'],
  })
})

test('a tool runs with the output type of its schema, so defaults are applied', async () => {
  await expect(callTool(wordCount, { text: 'a bb ccc' }, makeCall())).resolves.toEqual({ status: 'ok', text: '{"count":3}' })
})

test('by default, a tool has effect once, is not repeatable and needs no approval', () => {
  expect(wordCount).toMatchObject({ effect: 'once', repeatable: false, needsApproval: false })
})

test('a tool cannot be changed after its definition', () => {
  expect(Object.isFrozen(wordCount)).toBe(true)
})

test('check returns whether an input fits and what the tool would get, without running the tool', async () => {
  expect(await wordCount.check({ text: 'a' })).toEqual({ ok: true, value: { text: 'a', minLength: 1 } })
  expect(await wordCount.check({ text: 5, minLength: 0 })).toMatchObject({ ok: false, message: expect.stringContaining('/minLength') })
})

test('context reaches execute and needsApproval unchanged', async () => {
  const tenant = { id: 't1' }
  const seen: unknown[] = []
  const own = tool({
    name: 'own_context',
    description: 'Shows its context.',
    inputSchema: { type: 'object' },
    needsApproval: (_input, context: { id: string }) => seen.push(context) > 0,
    execute: (_input, { context }) => void seen.push(context),
  })
  const { needsApproval } = own
  if (typeof needsApproval === 'function') await needsApproval({}, tenant)
  await callTool(own, {}, makeCall({ context: tenant }))
  expect(seen).toEqual([tenant, tenant])
  expect(seen[0]).toBe(tenant)
})

test('needsApproval gets the validated input, and its result counts', async () => {
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    inputSchema: z.object({ cents: z.coerce.number() }),
    needsApproval: ({ cents }) => cents > 100,
    execute: () => 'paid',
  })
  if (typeof pay.needsApproval !== 'function') throw new Error('expected a function')
  const checked = async (cents: string): Promise<unknown> => {
    const check = await pay.check({ cents })
    return check.ok ? check.value : undefined
  }
  expect(await pay.needsApproval(await checked('50'), undefined)).toBe(false)
  expect(await pay.needsApproval(await checked('500'), undefined)).toBe(true)
})

test.each([
  [
    'throws',
    () => {
      throw new Error('down')
    },
  ],
  ['rejects', () => Promise.reject(new Error('down'))],
  ['never answers', () => new Promise(() => undefined)],
])('an approval function that %s rejects, so that the loop asks a person', async (_case, needsApproval) => {
  const own = tool(options({ needsApproval, timeoutMs: 5 }))
  if (typeof own.needsApproval !== 'function') throw new Error('expected a function')
  await expect(own.needsApproval({}, undefined)).rejects.toThrow()
})

test('ask gets the checked input and the context, and execute the answer', async () => {
  const schema = { type: 'object', properties: { seats: { type: 'number' } }, required: ['seats'] } as const
  const answers: unknown[] = []
  const book = tool({
    name: 'book_seats',
    description: 'Books seats.',
    inputSchema: schema,
    ask: (input, context: string) => `${JSON.stringify(input)} for ${context}?`,
    execute: (_, { answer }) => answers.push(answer),
  })
  const check = await book.check({ seats: '2' })
  expect(await book.ask?.(check.ok && check.value, 'Ada')).toBe('{"seats":2} for Ada?')
  const call = { signal: new AbortController().signal, context: 'Ada', idempotencyKey: 'k', toolCallId: 'c', progress: () => {} }
  await callTool(book, { seats: 2 }, { ...call, answer: { row: 7 } })
  expect(answers).toEqual([{ row: 7 }])
})

test('an ask that never settles throws, so that a person is asked for approval', async () => {
  const book = tool(options({ ask: () => new Promise(() => undefined), timeoutMs: 5 }))
  await expect(book.ask?.({}, undefined)).rejects.toThrow('did not settle')
})

test.each([
  ['', 'name'],
  ['final_answer', 'name'],
  ['a.b', 'name'],
  ['get weather', 'name'],
  ['1tool', 'name'],
  ['-tool', 'name'],
  ['wetter_für', 'name'],
  ['x'.repeat(65), 'name'],
  ['__proto__', 'name'],
  ['constructor', 'name'],
  ['toString', 'name'],
])('the name %j is refused when the tool is defined', (name) => {
  expect(errorOf(() => tool(options({ name })))).toMatchObject({ code: 'invalid-tool', message: expect.stringContaining('at /name') })
})

test.each(['get_weather', 'get-weather', '_private', 'x'.repeat(64), 'abc', 'ls', 'x'])('the name %j is accepted', (name) => {
  expect(tool(options({ name })).name).toBe(name)
})

test.each([
  ['get.weather now', 'get_weather_now'],
  ['1st', 'st'],
  ['天气', 'my_tool'],
  ['toString', 'my_toString'],
])('the refused name %s comes with one that is allowed: %s', (name, suggestion) => {
  expect(errorOf(() => tool(options({ name }))).message).toContain(`"${suggestion}"`)
  expect(tool(options({ name: suggestion })).name).toBe(suggestion)
})

test.each([
  ['a missing description', { description: '  ' }, '/description'],
  ['no execute', { execute: undefined }, '/execute'],
  ['an unknown effect', { effect: 'maybe' }, '/effect'],
  ['a timeout of 0', { timeoutMs: 0 }, '/timeoutMs'],
  ['a timeout that timers do not hold', { timeoutMs: 2 ** 31 }, '/timeoutMs'],
  ['a cap too small for its own note', { maxResultBytes: 10 }, '/maxResultBytes'],
  ['a broken number of retries', { retries: 1.5, effect: 'read' }, '/retries'],
  ['retries of a once tool', { retries: 1 }, '/retries'],
])('%s is refused when the tool is defined', (_case, overrides, pointer) => {
  const error = errorOf(() => tool(options(overrides)))
  expect(error.code).toBe('invalid-tool')
  expect(error.message).toContain('"word_count"')
  expect(error.message).toContain(pointer)
})
