import { type ScriptedReply, startSimulator } from '@capstan/simulator'
import { generateText, tool } from 'ai'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { aiProvider, aiStream, aiWhole } from './support/ai-client.ts'
import { isKimi, toolModels, withEach } from './support/clients.ts'
import { openaiStream, openaiWhole } from './support/openai-client.ts'
import { type Client, type Question, stringTool } from './support/parsed.ts'

const tools = [stringTool('get_weather', 'city'), stringTool('get_time', 'zone')]
const twoCalls: ScriptedReply = {
  reasoning: 'Both at once.',
  text: 'I look. ',
  toolCalls: [
    { name: 'get_weather', input: { city: 'Århus "north" \\ 四度\n' } },
    { name: 'get_time', input: { zone: 'Europe/Oslo' } },
  ],
}

async function parsed(client: Client, question: Omit<Question, 'baseURL'>, scripted: ScriptedReply) {
  await using simulator = await startSimulator({ script: [scripted] })
  return await client.ask({ baseURL: simulator.baseURL, tools, ...question })
}

describe.each(withEach(toolModels))('$name, $value', ({ client, value: model }) => {
  test('one call', async () => {
    const answer = await parsed(client, { model }, { toolCalls: [{ name: 'get_weather', input: { city: 'Oslo' } }] })
    expect(answer).toMatchObject({ text: '', finishReason: 'tool_calls', calls: [{ name: 'get_weather', input: { city: 'Oslo' } }] })
  })

  test('parallel calls, with reasoning and text before them', async () => {
    const answer = await parsed(client, { model }, twoCalls)
    expect(answer).toMatchObject({ reasoning: 'Both at once.', text: 'I look. ', finishReason: 'tool_calls' })
    expect(answer.calls.map(({ name, input }) => [name, input])).toEqual([
      ['get_weather', { city: 'Århus "north" \\ 四度\n' }],
      ['get_time', { zone: 'Europe/Oslo' }],
    ])
    const pattern = isKimi(model) ? /^functions\.(?:get_weather:0|get_time:1)$/ : /^call_0[01]_[0-9A-Za-z]{24}$/
    expect(answer.calls.map(({ id }) => id)).toEqual([expect.stringMatching(pattern), expect.stringMatching(pattern)])
  })

  test('a call without arguments, and one whose id the server chose', async () => {
    const answer = await parsed(client, { model }, { toolCalls: [{ name: 'get_time', input: {}, id: 'strange id/1' }] })
    expect(answer.calls).toEqual([{ id: 'strange id/1', name: 'get_time', input: {} }])
  })

  test('a large call in thousands of pieces', async () => {
    const city = 'Århus, '.repeat(3000)
    const answer = await parsed(client, { model }, { toolCalls: [{ name: 'get_weather', input: { city } }] })
    expect(answer.calls[0]?.input).toEqual({ city })
  })

  test('tool_choice none: no call', async () => {
    await using simulator = await startSimulator()
    const question = { baseURL: simulator.baseURL, model, tools, prompt: 'What is the weather in Oslo?' }
    expect((await client.ask({ ...question, parameters: { tool_choice: 'none' } })).calls).toEqual([])
    expect((await client.ask({ ...question, parameters: { tool_choice: 'auto' } })).calls).toMatchObject([{ name: 'get_weather', input: { city: 'Oslo' } }])
    expect(simulator.requests.map(({ body }) => body)).toMatchObject([{ tool_choice: 'none' }, { tool_choice: 'auto' }])
  })

  test('tool_choice required: a call, or a 400 while the model thinks', async () => {
    await using simulator = await startSimulator()
    const asked = client.ask({ baseURL: simulator.baseURL, model, tools, prompt: 'Hello.', parameters: { tool_choice: 'required' } })
    if (isKimi(model)) await expect(asked).rejects.toThrow("tool_choice 'required' is incompatible with thinking enabled")
    else expect((await asked).calls).toHaveLength(1)
  })

  test('a named tool_choice is refused, because the page lists three values', async () => {
    await using simulator = await startSimulator()
    const parameters = { tool_choice: { type: 'function', function: { name: 'get_weather' } } }
    // The library has a separate form for it.
    const question = { baseURL: simulator.baseURL, model, tools, ...(client.library === 'ai' ? { toolName: 'get_weather' } : { parameters }) }
    await expect(client.ask(question)).rejects.toThrow('tool_choice')
  })
})

test.each(withEach(['deepseek-reasoner']))('tools are refused ($name, $value)', async ({ client, value: model }) => {
  await using simulator = await startSimulator()
  await expect(client.ask({ baseURL: simulator.baseURL, model, tools })).rejects.toThrow('does not support the parameter `tools`')
})

describe('tools that the pages refuse', () => {
  const model = 'kimi-k2-thinking'

  test.each(withEach(toolModels))('a 129th tool ($name, $value)', async ({ client, value }) => {
    await using simulator = await startSimulator()
    const many = Array.from({ length: 129 }, (_, index) => stringTool(`tool_${index}`, 'city'))
    expect(await client.ask({ baseURL: simulator.baseURL, model: value, tools: many.slice(0, 128) })).toMatchObject({ finishReason: expect.any(String) })
    await expect(client.ask({ baseURL: simulator.baseURL, model: value, tools: many })).rejects.toThrow('at most 128 tools')
  })

  test.each([openaiWhole, openaiStream])('two tools with one name ($name)', async (client) => {
    await using simulator = await startSimulator()
    await expect(client.ask({ baseURL: simulator.baseURL, model, tools: [tools[0], tools[0]] as typeof tools })).rejects.toThrow('get_weather is duplicated')
  })

  test.skip('two tools with one name (ai): its tools are a record, so a name cannot be repeated', () => undefined)

  test.each([aiWhole, aiStream, openaiWhole, openaiStream])('a tool without a description ($name)', async (client) => {
    await using simulator = await startSimulator()
    const { parameters, name } = stringTool('get_weather', 'city').function
    const bare = { type: 'function', function: { name, parameters } } as unknown as (typeof tools)[0]
    await expect(client.ask({ baseURL: simulator.baseURL, model, tools: [bare] })).rejects.toThrow('description is missing')
  })

  test('the AI SDK sends $schema with a zod schema, which the strict option toolSchemas refuses', async () => {
    await using strict = await startSimulator({ strict: { toolSchemas: true } })
    const add = tool({ description: 'Adds one.', inputSchema: z.object({ left: z.number() }), execute: ({ left }) => left + 1 })
    await expect(generateText({ model: aiProvider(strict)(model), prompt: 'Hello.', tools: { add }, maxRetries: 0 })).rejects.toThrow(
      'unsupported keywords: $schema',
    )
  })
})
