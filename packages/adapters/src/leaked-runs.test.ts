import { Agent, AgentError, type Json, type RunEvent, type Tool } from '@capstan/core'
import { startSimulator } from '@capstan/simulator'
import { expect, test } from 'vitest'
import { evolink, openaiCompatible, profiles } from './index.ts'

const grammars = ['kimi', 'deepseek-v3', 'deepseek-v3.1', 'deepseek-v3.2', 'deepseek-v4', 'deepseek-v4.1'] as const
const inputs: Json[] = []
const weather: Tool = {
  name: 'get_weather',
  description: 'Current weather of a city.',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  effect: 'read',
  repeatable: false,
  needsApproval: false,
  check: (value) => ({ ok: true, value }),
  run: async (value) => {
    inputs.push(value as Json)
    return { status: 'ok', text: '4 degrees' }
  },
}

const called = { toolCalls: [{ name: 'get_weather', input: { city: 'Oslo' } }] }

test.each(grammars.flatMap((grammar) => (['text', 'reasoning'] as const).map((into) => [grammar, into] as const)))(
  'a run continues with calls that leaked as %s into the %s, and shows what was repaired',
  async (grammar, into) => {
    inputs.length = 0
    await using simulator = await startSimulator({
      script: [{ ...called, fault: { kind: 'leaked-markup', grammar, into } }, { text: 'Four degrees.' }],
      faults: [{ fault: { kind: 'chunking', sizes: [3, 1, 7] } }],
    })
    const agent = new Agent({ name: 'a', model: evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey: 'k' }), tools: [weather] })
    const events: RunEvent[] = []
    for await (const event of agent.stream('Weather in Oslo?')) events.push(event)
    expect(inputs).toEqual([{ city: 'Oslo' }])
    expect(events).toContainEqual(expect.objectContaining({ type: 'repaired', step: 1, what: 'calls-recovered' }))
    expect(events.flatMap((event) => (event.type === 'text-delta' ? [event.delta] : [])).join('')).toBe('Four degrees.')
    simulator.assertDone()
  },
)

test('where leaks are not recovered, the request is sent again once, and then the run fails with a typed error', async () => {
  await using simulator = await startSimulator({ script: [called, called], faults: [{ fault: { kind: 'leaked-markup', grammar: 'deepseek-v3.2' } }] })
  const model = openaiCompatible({ baseURL: simulator.baseURL, model: 'deepseek-chat', apiKey: 'k', profile: profiles.plain })
  const error: unknown = await new Agent({ name: 'a', model, tools: [weather] }).generate('Weather?').catch((thrown: unknown) => thrown)
  expect(AgentError.is(error) && [error.code, error.attempts]).toEqual(['leaked-markup', 2])
  simulator.assertDone()
})

test('a leak that is not repeated has no effect on the run', async () => {
  await using simulator = await startSimulator({ script: [{ ...called, fault: { kind: 'leaked-markup', grammar: 'deepseek-v4' } }, { text: 'Fine.' }] })
  const model = openaiCompatible({ baseURL: simulator.baseURL, model: 'deepseek-chat', apiKey: 'k', profile: profiles.plain })
  expect((await new Agent({ name: 'a', model, tools: [weather] }).generate('Weather?')).text).toBe('Fine.')
})
