import { AgentError, type Json } from '@capstan/core'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { makeCall } from './testing/call.ts'
import { type ToolSet, toTools } from './to-tools.ts'
import { tool } from './tool.ts'

function named(name: string): ReturnType<typeof tool> {
  return tool({ name, description: 'Any.', inputSchema: { type: 'object' }, execute: () => name })
}

/** As `tool()` of the AI SDK returns it. */
const foreign = {
  description: 'Weather of a city.',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }: { city: string }, { toolCallId, messages, abortSignal }: { toolCallId: string; messages: unknown[]; abortSignal?: AbortSignal }) =>
    `${city} ${toolCallId} ${messages.length} ${abortSignal?.aborted}`,
}

function errorOf(tools: unknown): AgentError {
  try {
    toTools(tools as ToolSet)
  } catch (error) {
    if (AgentError.is(error)) return error
    throw error
  }
  throw new Error('It was accepted.')
}

test('a list of our tools is passed on in order', () => {
  const list = [named('one_tool'), named('two_tool')]
  expect(toTools(list)).toEqual(list)
})

test('in a record our tools keep their name', () => {
  expect(toTools({ oneTool: named('one_tool') }).map(({ name }) => name)).toEqual(['one_tool'])
})

test('a tool of the AI SDK works as it is', async () => {
  const [own] = toTools({ get_weather: foreign })
  expect(own).toMatchObject({ name: 'get_weather', description: 'Weather of a city.', effect: 'once', inputSchema: { required: ['city'] } })
  expect(await own?.run({ city: 'Oslo' }, makeCall())).toEqual({ status: 'ok', text: 'Oslo call_0 0 false' })
  expect(await own?.run({}, makeCall())).toMatchObject({ status: 'invalid-input' })
})

test('a tool of the AI SDK that yields shows progress, and its last value is its result', async () => {
  const delivered: Json[] = []
  async function* execute(): AsyncGenerator<string> {
    yield 'half'
    yield 'whole'
  }
  const [own] = toTools({ any_tool: { ...foreign, inputSchema: z.object({}), execute } })
  expect(await own?.run({}, makeCall({ progress: (data) => void delivered.push(data) }))).toEqual({ status: 'ok', text: 'whole' })
  expect(delivered[0]).toBe('half')
})

test('needsApproval of a tool of the AI SDK is asked', async () => {
  const needsApproval = vi.fn(async () => false)
  const [own] = toTools({ any_tool: { ...foreign, needsApproval } })
  if (typeof own?.needsApproval !== 'function') throw new Error('expected a function')
  expect(await own.needsApproval({ city: 'Oslo' }, undefined)).toBe(false)
  expect(needsApproval).toHaveBeenCalledWith({ city: 'Oslo' }, expect.objectContaining({ messages: [] }))
})

test('E18: 128 tools are taken, 129 are refused', () => {
  const make = (count: number): ReturnType<typeof tool>[] => Array.from({ length: count }, (_value, index) => named(`tool_${index}`))
  expect(toTools(make(128))).toHaveLength(128)
  expect(errorOf(make(129))).toMatchObject({ code: 'invalid-tool', message: expect.stringContaining('128') })
})

test('E18: no tools are no error', () => {
  expect(toTools([])).toEqual([])
  expect(toTools({})).toEqual([])
})

test.each([
  ['get_weather', 'get_weather'],
  ['get_weather', 'Get_Weather'],
  ['get_weather', 'get-weather'],
])('%s beside %s is refused', (first, second) => {
  expect(errorOf([named(first), named(second)])).toMatchObject({ code: 'invalid-tool', message: expect.stringContaining('/1/name') })
})

test.each<[string, unknown, string]>([
  ['a tool of the AI SDK in a list, where it has no name', [foreign], 'record'],
  ['one without execute', { any_tool: { ...foreign, execute: undefined } }, '/execute'],
  ['one without a description', { any_tool: { ...foreign, description: undefined } }, '/description'],
  ['one without a schema', { any_tool: { ...foreign, inputSchema: undefined } }, 'inputSchema'],
  ['a key that is no name', { 'a.b': foreign }, '/name'],
  ['nothing', undefined, 'undefined'],
  ['null in a record', { any_tool: null }, 'null'],
  ['null in a list', [null], '/0'],
  ['a tool of our shape without a name', [{ ...named('any_tool'), name: undefined }], '/name'],
  ['a tool of our shape without an object at its top', [{ ...named('any_tool'), inputSchema: { type: 'string' } }], '/inputSchema/type'],
])('%s is refused', (_case, tools, message) => {
  const error = errorOf(tools)
  expect(error.code).toBe('invalid-tool')
  expect(error.message).toContain(message)
})
