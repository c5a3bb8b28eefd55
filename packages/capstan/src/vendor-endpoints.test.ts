import { endpoints } from '@capstan/adapters'
import { type EndpointName, type ScriptedReply, type Simulator, type SimulatorOptions, startSimulator } from '@capstan/simulator'
import { describe, expect, test } from 'vitest'
import { Agent, deepseek, evolink, findProblem, type Model, moonshot, openaiCompatible, profiles, tool } from './index.ts'

// Every model of every profile, against a simulation of its endpoint, which refuses what that endpoint refuses.

const apiKey = 'test-key'

interface Target {
  readonly name: string
  readonly endpoint: EndpointName
  readonly model: (baseURL: string, stream: boolean) => Model
}

const evolinkTargets = (['kimi-k2-thinking', 'kimi-k2-thinking-turbo', 'kimi-k3', 'deepseek-chat'] as const).map(
  (id): Target => ({ name: id, endpoint: 'evolink', model: (baseURL, stream) => evolink<string>(id, { baseURL, apiKey, stream }) }),
)
const deepseekTargets = (['deepseek-flash', 'deepseek-v4-pro'] as const).flatMap((id) =>
  (['enabled', 'disabled'] as const).map(
    (thinking): Target => ({
      name: `${id}, thinking ${thinking}`,
      endpoint: 'deepseek',
      model: (baseURL, stream) => deepseek(id, { baseURL, apiKey, stream, thinking, ...(thinking === 'enabled' && { reasoningEffort: 'max' }) }),
    }),
  ),
)
const strictTarget: Target = {
  name: 'deepseek-flash with strict tools',
  endpoint: 'deepseek',
  model: (baseURL, stream) => deepseek('deepseek-flash', { baseURL: `${baseURL}/beta`, apiKey, stream, strictTools: true }),
}
const moonshotTargets = (['kimi-k2.6', 'kimi-k2.7-code', 'kimi-k2.7-code-highspeed', 'kimi-k3', 'kimi-k3.1-pro', 'kimi-k3.1-pro-highspeed'] as const).map(
  (id): Target => ({
    name: id,
    endpoint: 'moonshot',
    model: (baseURL, stream) => moonshot<string>(id, { baseURL, apiKey, stream, promptCacheKey: 'session', maxOutputTokens: 16_000 }),
  }),
)
const switchedOff: Target = {
  name: 'kimi-k2.6, thinking disabled',
  endpoint: 'moonshot',
  model: (baseURL, stream) => moonshot('kimi-k2.6', { baseURL, apiKey, stream, thinking: 'disabled' }),
}

const kimi = 'moonshotai/Kimi-K2-Thinking'
const deepseekWeights = 'deepseek-ai/DeepSeek-V3.2'
const hosted: readonly (readonly [keyof typeof profiles, EndpointName, string])[] = [
  ['vllmKimi', 'vllm', kimi],
  ['vllmDeepseek', 'vllm', deepseekWeights],
  ['sglangKimi', 'sglang', kimi],
  ['sglangDeepseek', 'sglang', deepseekWeights],
  ['llamaCpp', 'llama.cpp', 'kimi-k2-thinking.gguf'],
  ['ollama', 'ollama', 'kimi-k2-thinking'],
  ['openRouter', 'openrouter', 'moonshotai/kimi-k2-thinking'],
  ['plain', 'vllm', kimi],
  ['plain', 'sglang', deepseekWeights],
  ['plain', 'llama.cpp', 'any.gguf'],
  ['plain', 'ollama', 'deepseek-v3.2'],
  ['plain', 'openrouter', 'deepseek/deepseek-v3.2'],
]
const hostedTargets = hosted.map(
  ([profile, endpoint, model]): Target => ({
    name: `${model} with the profile ${profile}`,
    endpoint,
    model: (baseURL, stream) => openaiCompatible({ baseURL, model, apiKey, stream, profile: profiles[profile] }),
  }),
)
const targets = [...evolinkTargets, ...deepseekTargets, strictTarget, ...moonshotTargets, switchedOff, ...hostedTargets]
const cases = targets.flatMap((target) => [true, false].map((stream) => ({ ...target, stream })))

const script: readonly ScriptedReply[] = [
  { reasoning: 'I look.', text: 'Let me see.', toolCalls: ['Oslo', 'Rome'].map((city) => ({ name: 'get_weather', input: { city } })) },
  { reasoning: 'That is it.', text: 'Four degrees in both.' },
  { text: 'You are welcome.' },
]

function start(endpoint: EndpointName, more: SimulatorOptions = {}): Promise<Simulator> {
  return startSimulator({ endpoint, apiKey, strict: { unlistedParameters: endpoint !== 'openrouter' }, ...more })
}

function weatherTool(asked: string[]) {
  return tool({
    name: 'get_weather',
    description: 'Current weather of a city.',
    inputSchema: { type: 'object', properties: { city: { type: 'string', description: 'A city.' } }, required: ['city'] },
    effect: 'read',
    execute: ({ city }) => {
      asked.push(String(city))
      return { degrees: 4 }
    },
  })
}

describe.each(cases)('$endpoint: $name (stream: $stream)', ({ endpoint, model, stream }) => {
  test('a run of two steps with tools, and a question after it', async () => {
    await using simulator = await start(endpoint, { script })
    const asked: string[] = []
    const agent = new Agent({ model: model(simulator.baseURL, stream), tools: [weatherTool(asked)] })
    const events: string[] = []
    const run = agent.stream('What is the weather in Oslo and in Rome?')
    for await (const event of run) events.push(event.type)
    const result = await run.result

    expect([result.status, result.text, result.steps.length]).toEqual(['finished', 'Four degrees in both.', 2])
    expect(asked.toSorted()).toEqual(['Oslo', 'Rome'])
    expect(result.reasoningText).toContain('That is it.')
    expect(result.usage.totalTokens).toBeGreaterThan(0)
    // No request was refused and changed: the profile knows its endpoint.
    expect([simulator.requests.map(({ status }) => status), events.includes('repaired')]).toEqual([[200, 200], false])

    const next = await agent.generate([...result.messages, { role: 'user', content: 'Thanks.' }])
    expect([next.text, findProblem(next.messages)]).toEqual(['You are welcome.', undefined])
    simulator.assertDone()
  })

  test('the offline model replies, too', async () => {
    await using simulator = await start(endpoint)
    const asked: string[] = []
    const result = await new Agent({ model: model(simulator.baseURL, stream), tools: [weatherTool(asked)] }).generate('What is the weather in Oslo?')
    expect([result.status, asked]).toEqual(['finished', ['Oslo']])
    expect(simulator.requests.map(({ status }) => status)).toEqual([200, 200])
  })
})

test.each([true, false])('evolink: deepseek-reasoner has no tools and replies without them (stream: %s)', async (stream) => {
  await using simulator = await start('evolink', { script: [{ reasoning: 'Hm.', text: 'Paris.' }] })
  const model = evolink('deepseek-reasoner', { baseURL: simulator.baseURL, apiKey, stream })
  expect((await new Agent({ model }).generate('The capital of France?')).text).toBe('Paris.')
  expect(() => new Agent({ model, tools: [weatherTool([])] })).toThrow(/deepseek-reasoner refuses tools/)
  expect(simulator.requests).toHaveLength(1)
})

test('every model of every profile is among the targets', () => {
  const names = new Set(targets.map(({ endpoint, name }) => `${endpoint} ${name.split(',')[0]}`))
  const ids = Object.entries(endpoints).flatMap(([endpoint, known]) => known.profiles.flatMap(({ models }) => models.map((id) => `${endpoint} ${id}`)))
  expect(ids.filter((id) => !names.has(id))).toEqual(['evolink deepseek-reasoner'])
  const tested = new Set(hosted.map(([profile]) => profile))
  expect(Object.keys(profiles).filter((profile) => !tested.has(profile as keyof typeof profiles))).toEqual([])
})
