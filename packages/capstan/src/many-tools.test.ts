import { startSimulator } from '@capstan/simulator'
import { expect, test } from 'vitest'
import { Agent, deepseek, evolink, type JsonObject, type Model, moonshot, type RunResult, tool } from './index.ts'

const inputSchema = {
  type: 'object',
  properties: { city: { type: 'string', pattern: '^[A-Z]', description: 'Name of the city.' }, note: { type: 'string' } },
  required: ['city'],
}

function makeTools(count: number) {
  const weather = tool({ name: 'get_weather', description: 'Current weather of a city.', inputSchema, effect: 'read', execute: () => 'Rain. '.repeat(50) })
  const others = Array.from({ length: count - 1 }, (_, index) =>
    tool({ name: `crm_read_${index}`, description: `Reads the record ${index} of a customer.`, inputSchema, effect: 'read', execute: () => 'a record' }),
  )
  return [...others, weather]
}

const cities = ['Oslo', 'Rome', 'Bern', 'Kyiv', 'Lima', 'Cairo', 'Quito', 'Seoul', 'Paris']

test('over ten steps, a run with a search reads as much of its input from the cache as one with an unchanged list', async () => {
  const play = async (count: number, toolCalls: readonly { readonly name: string; readonly input: JsonObject }[]): Promise<RunResult> => {
    await using simulator = await startSimulator({ script: [...toolCalls.map((call) => ({ toolCalls: [call] })), { text: 'Done.' }] })
    const model = evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey: 'test' })
    return await new Agent({ model, tools: makeTools(count) }).generate('Which of the cities has rain?')
  }
  const list = await play(
    20,
    cities.map((city) => ({ name: 'get_weather', input: { city } })),
  )
  const searched = await play(1_000, [
    { name: 'search_tools', input: { query: 'weather of a city' } },
    ...cities.slice(1).map((city) => ({ name: 'call_tool', input: { name: 'get_weather', input: { city } } })),
  ])
  expect([list.steps.length, searched.steps.length]).toEqual([10, 10])
  expect(searched.steps.slice(1, -1).map(({ toolResults }) => toolResults[0]?.status)).toEqual(cities.slice(1).map(() => 'ok'))

  // What a request can read at best is the complete request before it.
  const share = ({ steps }: RunResult): number => {
    const [most, read] = steps
      .slice(1)
      .reduce<readonly [number, number]>(
        ([possible, cached], { usage }, index) => [possible + (steps[index]?.usage.inputTokens ?? 0), cached + (usage.cachedInputTokens ?? 0)],
        [0, 0],
      )
    return read / most
  }
  expect(share(searched)).toBeGreaterThanOrEqual(0.9 * share(list))
  expect(share(list)).toBeGreaterThan(0.8)
})

type Endpoint = NonNullable<Parameters<typeof startSimulator>[0]>['endpoint']

async function searchWith(endpoint: Endpoint, model: (baseURL: string) => Model): Promise<{ readonly text: string; readonly callInput: unknown }> {
  await using simulator = await startSimulator({
    endpoint,
    script: [{ toolCalls: [{ name: 'search_tools', input: { query: 'weather of a city' } }] }, { text: 'Done.' }],
  })
  const result = await new Agent({ model: model(simulator.baseURL), tools: makeTools(100) }).generate('go')
  const { tools } = (simulator.requests[0]?.body ?? {}) as unknown as {
    readonly tools: readonly { readonly function: { readonly name: string; readonly parameters: { readonly properties: Readonly<Record<string, unknown>> } } }[]
  }
  const callInput = tools.find((sent) => sent.function.name === 'call_tool')?.function.parameters.properties['input']
  return { text: result.steps[0]?.toolResults[0]?.text ?? '', callInput }
}

test('a search shows schemas as the endpoint is sent them', async () => {
  const plain = await searchWith('evolink', (baseURL) => evolink('deepseek-chat', { baseURL, apiKey: 'test' }))
  expect(plain.text).toContain('"pattern":"^[A-Z]"')
  const lowered = await searchWith('moonshot', (baseURL) => moonshot('kimi-k2.6', { baseURL, apiKey: 'test' }))
  expect(lowered.text).toContain('1. get_weather')
  expect(lowered.text).not.toContain('"pattern"')
})

test('in strict mode the input of call_tool is a text, and found schemas are those of the tools', async () => {
  const strict = await searchWith('deepseek', (baseURL) => deepseek('deepseek-flash', { baseURL: `${baseURL}/beta`, apiKey: 'test', strictTools: true }))
  expect(strict.callInput).toMatchObject({ type: 'string' })
  expect(strict.text).toContain('"required":["city"]')
})

test('the offline model finds a tool among many, and calls it', async () => {
  await using simulator = await startSimulator()
  const model = evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey: 'test' })
  const result = await new Agent({ model, tools: makeTools(1_000) }).generate('What is the weather in Oslo?')

  expect(result.steps.map(({ toolResults }) => toolResults.map(({ toolName, status }) => `${toolName} ${status}`))).toEqual([
    ['search_tools ok'],
    ['get_weather ok'],
    [],
  ])
  expect(result.text).toContain('Rain.')
})
