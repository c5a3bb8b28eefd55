import { AgentError, type Json, type Tool } from '@capstan/core'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { type AiSdkTool, fromAiSdkTools } from './from-ai-sdk.ts'
import { callTool, makeCall } from './testing/call.ts'
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
    fromAiSdkTools(tools as Record<string, AiSdkTool>)
  } catch (error) {
    if (AgentError.is(error)) return error
    throw error
  }
  throw new Error('It was accepted.')
}

test('a tool of the AI SDK works as it is', async () => {
  const [own] = fromAiSdkTools({ get_weather: foreign })
  expect(own).toMatchObject({ name: 'get_weather', description: 'Weather of a city.', effect: 'once', inputSchema: { required: ['city'] } })
  expect(await callTool(own as Tool, { city: 'Oslo' }, makeCall())).toEqual({ status: 'ok', text: 'Oslo call_0 0 false' })
  expect(await callTool(own as Tool, {}, makeCall())).toMatchObject({ status: 'invalid-input' })
})

test('a tool of the AI SDK that yields shows progress, and its last value is its result', async () => {
  const delivered: Json[] = []
  async function* execute(): AsyncGenerator<string> {
    yield 'half'
    yield 'whole'
  }
  const [own] = fromAiSdkTools({ any_tool: { ...foreign, inputSchema: z.object({}), execute } })
  expect(await callTool(own as Tool, {}, makeCall({ progress: (data) => void delivered.push(data) }))).toEqual({ status: 'ok', text: 'whole' })
  expect(delivered[0]).toBe('half')
})

test('needsApproval of a tool of the AI SDK is called', async () => {
  const needsApproval = vi.fn(async () => false)
  const [own] = fromAiSdkTools({ any_tool: { ...foreign, needsApproval } })
  if (typeof own?.needsApproval !== 'function') throw new Error('expected a function')
  expect(await own.needsApproval({ city: 'Oslo' }, undefined)).toBe(false)
  expect(needsApproval).toHaveBeenCalledWith({ city: 'Oslo' }, expect.objectContaining({ messages: [] }))
})

test('an empty record gives no tools', () => {
  expect(fromAiSdkTools({})).toEqual([])
})

test.each<[string, unknown, string]>([
  ['a list, in which AI SDK tools have no name', [foreign], 'record'],
  ['a tool without execute', { any_tool: { ...foreign, execute: undefined } }, '/execute'],
  ['a tool without a description', { any_tool: { ...foreign, description: undefined } }, '/description'],
  ['a tool without a schema', { any_tool: { ...foreign, inputSchema: undefined } }, 'inputSchema'],
  ['a key that is not allowed as a name', { 'a.b': foreign }, '/name'],
  ['nothing', undefined, 'record'],
  ['null in a record', { any_tool: null }, 'null'],
  ['a tool made by tool()', { any_tool: named('any_tool') }, 'as it is'],
])('%s is refused', (_case, tools, message) => {
  const error = errorOf(tools)
  expect(error.code).toBe('invalid-tool')
  expect(error.message).toContain(message)
})
