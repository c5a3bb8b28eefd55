import { getEventListeners, setMaxListeners } from 'node:events'
import { fatal, ToolError } from '@capstan/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { callTool, makeCall } from './testing/call.ts'
import { type ToolOptions, tool } from './tool.ts'

const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)

beforeEach(() => void process.on('unhandledRejection', note))
afterEach(async () => {
  vi.useRealTimers()
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled.splice(0)).toEqual([])
})

type Execute = ToolOptions<{ type: 'object' }, unknown>['execute']

function define(execute: Execute, options: Partial<ToolOptions<{ type: 'object' }, unknown>> = {}): ReturnType<typeof tool> {
  return tool({ name: 'any_tool', description: 'Any.', inputSchema: { type: 'object' }, ...options, execute })
}

const never = (): Promise<never> => new Promise(() => undefined)
const neutral = /^The tool failed for a reason that is not shown here \(error id [0-9a-f]{8}\)/
const trapped = Object.defineProperty(new Error('x'), 'message', {
  get: () => {
    throw new Error('trap')
  },
})
const revoked = Proxy.revocable({}, {})
revoked.revoke()

test.each<[string, unknown]>([
  ['an Error', new Error('key sk-123')],
  ['a string', 'down'],
  ['null', null],
  ['undefined', undefined],
  ['a frozen object', Object.freeze({ a: 1 })],
  ['an Error whose message throws', trapped],
  ['a revoked proxy', revoked.proxy],
  ['an object that calls itself a ToolError', { isToolError: true, message: 'secret' }],
])('E1: of %s that was thrown the model gets an id and the event the very value', async (_case, thrown) => {
  const output = await callTool(
    define(() => {
      throw thrown
    }),
    {},
    makeCall(),
  )
  expect(output).toMatchObject({ status: 'error', text: expect.stringMatching(neutral) })
  expect(output.error).toBe(thrown)
})

test('E2: a rejection is an error like a throw', async () => {
  const error = new Error('down')
  expect(
    await callTool(
      define(async () => Promise.reject(error)),
      {},
      makeCall(),
    ),
  ).toMatchObject({ status: 'error', error })
})

test('the message of a ToolError is for the model', async () => {
  const error = new ToolError('The city is unknown. Try a larger one.')
  expect(
    await callTool(
      define(() => {
        throw error
      }),
      {},
      makeCall(),
    ),
  ).toEqual({ status: 'error', text: 'The city is unknown. Try a larger one.', error })
})

test('a ToolError of another copy of core counts', async () => {
  const foreign = Object.assign(new Error('Try a larger one.'), { isToolError: true })
  expect(
    await callTool(
      define(() => {
        throw foreign
      }),
      {},
      makeCall(),
    ),
  ).toMatchObject({ text: 'Try a larger one.' })
})

test('the message of a ToolError is capped and well-formed', async () => {
  const { text } = await callTool(
    define(() => {
      throw new ToolError(`\uD800${'x'.repeat(100_000)}`)
    }),
    {},
    makeCall(),
  )
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(50_000)
  expect(text.startsWith('\uFFFDxx')).toBe(true)
})

test('E30: fatal() ends the run with the same error object', async () => {
  const error = new Error('database gone')
  const output = await callTool(
    define(() => {
      throw fatal(error)
    }),
    {},
    makeCall(),
  )
  expect(output.status).toBe('fatal')
  expect(output.error).toBe(error)
})

test('E3: a tool that never settles is abandoned at its timeout', async () => {
  expect(await callTool(define(never, { timeoutMs: 5 }), {}, makeCall())).toEqual({
    status: 'timeout',
    text: 'The tool did not end within 0.005 s and was given up. It may have completed.',
  })
})

test('the signal of a tool aborts at its timeout, with a TimeoutError', async () => {
  let reason: unknown
  await callTool(
    define(
      (_input, { signal }) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason
        })
        return never()
      },
      { timeoutMs: 5 },
    ),
    {},
    makeCall(),
  )
  expect(reason).toMatchObject({ name: 'TimeoutError' })
})

test('E4: a tool that ignores the abort of the run is abandoned at once', async () => {
  const controller = new AbortController()
  const running = define(never).run({}, makeCall({ signal: controller.signal }))
  controller.abort(new Error('stop'))
  expect(await running).toMatchObject({ status: 'abandoned', text: expect.stringContaining('may have completed') })
})

test('the signal of a tool aborts with the run, with its reason', async () => {
  const controller = new AbortController()
  const reason = new Error('stop')
  let seen: unknown
  const running = callTool(
    define((_input, { signal }) => {
      signal.addEventListener('abort', () => {
        seen = signal.reason
      })
      return never()
    }),
    {},
    makeCall({ signal: controller.signal }),
  )
  await Promise.resolve().then(() => Promise.resolve())
  await vi.waitFor(() => expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1))
  await new Promise((resolve) => setImmediate(resolve))
  controller.abort(reason)
  await running
  expect(seen).toBe(reason)
})

test('a call after the abort of the run does not start', async () => {
  const execute = vi.fn()
  expect(await callTool(define(execute), {}, makeCall({ signal: AbortSignal.abort() }))).toMatchObject({ status: 'skipped' })
  expect(execute).not.toHaveBeenCalled()
})

test.each([
  ['resolves', (settle: PromiseWithResolve) => settle.resolve('late')],
  ['rejects', (settle: PromiseWithResolve) => settle.reject(new Error('late'))],
])('E5: a tool that %s after its timeout changes nothing', async (_case, settleLate) => {
  const settle = makePromise()
  const output = await callTool(
    define(() => settle.promise, { timeoutMs: 5 }),
    {},
    makeCall(),
  )
  settleLate(settle)
  await new Promise((resolve) => setImmediate(resolve))
  expect(output.status).toBe('timeout')
})

test.each<[string, () => unknown]>([
  ['a promise of a promise', () => Promise.resolve(Promise.resolve('in'))],
  [
    'a thenable that calls back twice',
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      then: (resolve: (value: string) => void) => {
        resolve('in')
        resolve('out')
      },
    }),
  ],
])('E11: %s gives its first value', async (_case, execute) => {
  expect(await callTool(define(execute), {}, makeCall())).toEqual({ status: 'ok', text: 'in' })
})

test('E11: a thenable that never calls back is abandoned at the timeout', async () => {
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  const own = define(() => ({ then: () => undefined }), { timeoutMs: 5 })
  expect(await callTool(own, {}, makeCall())).toMatchObject({ status: 'timeout' })
})

test('E16, E17: identical calls with one id both run', async () => {
  let runs = 0
  const own = define(() => ++runs)
  const call = makeCall()
  expect(await Promise.all([callTool(own, { a: 1 }, call), callTool(own, { a: 1 }, call)])).toEqual([
    { status: 'ok', text: '1' },
    { status: 'ok', text: '2' },
  ])
})

test('a thousand calls leave no listener on the signal of the run', async () => {
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  const own = define(() => 'ok')
  await Promise.all(Array.from({ length: 1_000 }, () => callTool(own, {}, makeCall({ signal }))))
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('idempotencyKey and toolCallId reach the tool', async () => {
  expect(
    await callTool(
      define((_input, { idempotencyKey, toolCallId }) => `${idempotencyKey} ${toolCallId}`),
      {},
      makeCall(),
    ),
  ).toMatchObject({
    text: 'run/steps/1/tools/0 call_0',
  })
})

test('E22: a validator that throws makes the call invalid, its message is not shown, and execute does not run', async () => {
  const execute = vi.fn()
  const inputSchema = z.object({
    a: z.string().refine(() => {
      throw new Error('inside')
    }),
  })
  expect(await callTool(tool({ name: 'any_tool', description: 'Any.', inputSchema, execute }), { a: '' }, makeCall())).toMatchObject({
    status: 'invalid-input',
    text: expect.stringMatching(neutral),
  })
  expect(execute).not.toHaveBeenCalled()
})

test('E22: a validator that never settles is abandoned at the timeout, and the call is invalid', async () => {
  const own = tool({ name: 'any_tool', description: 'Any.', inputSchema: z.object({ a: z.string().refine(never) }), timeoutMs: 5, execute: () => 'ok' })
  expect(await callTool(own, { a: '' }, makeCall())).toMatchObject({ status: 'invalid-input', text: expect.stringContaining('0.005 s') })
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['a string', 'ok'],
  ['an empty object', {}],
  ['issues that are no list', { issues: 5 }],
])('E22: a validator that answers with %s makes the call invalid', async (_case, answer) => {
  const inputSchema = { '~standard': { version: 1, vendor: 'odd', validate: () => answer, jsonSchema: { input: () => ({ type: 'object' }) } } } as never
  expect(await callTool(tool({ name: 'any_tool', description: 'Any.', inputSchema, execute: () => 'ok' }), {}, makeCall())).toMatchObject({
    status: 'invalid-input',
  })
})

test('a tool whose validation ends after the timeout does not start', async () => {
  const execute = vi.fn()
  const check = makePromise()
  const own = tool({ name: 'any_tool', description: 'Any.', inputSchema: z.object({ a: z.string().refine(() => check.promise) }), timeoutMs: 5, execute })
  await callTool(own, { a: '' }, makeCall())
  check.resolve(true)
  await new Promise((resolve) => setImmediate(resolve))
  expect(execute).not.toHaveBeenCalled()
})

test('progress that is not JSON is converted to JSON, and long progress is cut', async () => {
  const delivered: unknown[] = []
  const own = define((_input, { progress }) => {
    for (const data of [{ n: 5n }, 5n, 'half', 'x'.repeat(10_000)]) progress(data as never)
  })
  await callTool(own, {}, makeCall({ progress: (data) => void delivered.push(data) }))
  expect(delivered).toEqual([{ n: '5' }, '5', 'half', expect.stringContaining('left out')])
})

test('a read tool is retried as often as `retries` says, with the same key', async () => {
  vi.useFakeTimers()
  const keys: string[] = []
  const own = define(
    (_input, { idempotencyKey }) => {
      keys.push(idempotencyKey)
      if (keys.length < 3) throw new TypeError('blip')
      return 'ok'
    },
    { effect: 'read', retries: 2 },
  )
  const running = callTool(own, {}, makeCall())
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await running).toEqual({ status: 'ok', text: 'ok' })
  expect(keys).toEqual(Array(3).fill('run/steps/1/tools/0'))
})

test('after the last attempt, the output has the error of that attempt', async () => {
  vi.useFakeTimers()
  let attempts = 0
  const running = callTool(
    define(
      () => {
        // biome-ignore lint/style/useThrowOnlyError: tools throw anything
        throw `failure ${++attempts}`
      },
      { effect: 'idempotent', retries: 1 },
    ),
    {},
    makeCall(),
  )
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await running).toMatchObject({ status: 'error', error: 'failure 2' })
})

test.each([
  ['a ToolError', new ToolError('No such city.')],
  ['a fatal error', fatal(new Error('gone'))],
])('%s is not tried again', async (_case, error) => {
  const execute = vi.fn(() => {
    throw error
  })
  await callTool(define(execute, { effect: 'read', retries: 3 }), {}, makeCall())
  expect(execute).toHaveBeenCalledTimes(1)
})

test('the timeout counts for all attempts together', async () => {
  vi.useFakeTimers()
  const running = callTool(
    define(
      () => {
        throw new Error('blip')
      },
      { effect: 'read', retries: 10, timeoutMs: 1_000 },
    ),
    {},
    makeCall(),
  )
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await running).toMatchObject({ status: 'timeout' })
})

test('each attempt gets a fresh copy of its input', async () => {
  vi.useFakeTimers()
  const seen: unknown[] = []
  const own = tool({
    name: 'any_tool',
    description: 'Any.',
    inputSchema: z.object({ list: z.array(z.string()) }),
    effect: 'read',
    retries: 1,
    execute: ({ list }) => {
      seen.push([...list])
      list.push('more')
      throw new Error('blip')
    },
  })
  const running = callTool(own, { list: ['a'] }, makeCall())
  await vi.advanceTimersByTimeAsync(10_000)
  await running
  expect(seen).toEqual([['a'], ['a']])
})

interface PromiseWithResolve {
  readonly promise: Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

function makePromise(): PromiseWithResolve {
  let settle: Omit<PromiseWithResolve, 'promise'> = { resolve: () => undefined, reject: () => undefined }
  const promise = new Promise<unknown>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { promise, ...settle }
}
