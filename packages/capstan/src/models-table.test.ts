import { type Simulator, startSimulator } from '@capstan/simulator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { evolink, type JsonObject, user } from './index.ts'

// Both sides of each row: what the adapters let through is accepted by a simulator that refuses everything its pages do not list,
// and what they refuse is refused by the simulator, too, if it is sent anyway.

const models = ['kimi-k2-thinking', 'kimi-k2-thinking-turbo', 'deepseek-chat', 'deepseek-reasoner'] as const
type ModelId = (typeof models)[number]
type Family = 'kimi' | 'chat' | 'reasoner'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator({ strict: { unlistedParameters: true } })
})
afterAll(() => simulator.close())

function familyOf(id: ModelId): Family {
  if (id.startsWith('kimi')) return 'kimi'
  return id === 'deepseek-chat' ? 'chat' : 'reasoner'
}

interface Row {
  readonly name: string
  readonly settings: JsonObject
  /** The same on the wire. */
  readonly wire: JsonObject
  readonly accepted: readonly Family[]
}

const longStop = `${'é'.repeat(16)}x`
const all: readonly Family[] = ['kimi', 'chat', 'reasoner']
const row = (name: string, setting: JsonObject, [wire, accepted]: [JsonObject, readonly Family[]]): Row => ({ name, settings: setting, wire, accepted })

const rows: readonly Row[] = [
  row('temperature', { temperature: 0.5 }, [{ temperature: 0.5 }, ['kimi', 'chat']]),
  row('top_p', { topP: 0.9 }, [{ top_p: 0.9 }, ['kimi', 'chat']]),
  row('top_k', { topK: 40 }, [{ top_k: 40 }, ['kimi']]),
  row('n', { n: 2 }, [{ n: 2 }, ['kimi']]),
  row('max_tokens', { maxOutputTokens: 2_000 }, [{ max_tokens: 2_000 }, all]),
  row('presence_penalty', { presencePenalty: -2 }, [{ presence_penalty: -2 }, all]),
  row('frequency_penalty', { frequencyPenalty: 2 }, [{ frequency_penalty: 2 }, all]),
  row('stop', { stopSequences: ['a', 'b'] }, [{ stop: ['a', 'b'] }, all]),
  row('6 stop strings', { stopSequences: ['1', '2', '3', '4', '5', '6'] }, [{ stop: ['1', '2', '3', '4', '5', '6'] }, ['chat', 'reasoner']]),
  row('a stop string of 33 bytes', { stopSequences: longStop }, [{ stop: longStop }, ['chat', 'reasoner']]),
  row('17 stop strings', { stopSequences: Array.from({ length: 17 }, String) }, [{ stop: Array.from({ length: 17 }, String) }, []]),
  row('response_format', { responseFormat: 'json_object' }, [{ response_format: { type: 'json_object' } }, ['kimi', 'chat']]),
  row('logprobs', { logprobs: true, topLogprobs: 20 }, [{ logprobs: true, top_logprobs: 20 }, ['chat', 'reasoner']]),
  row('thinking', { thinking: 'disabled' }, [{ thinking: { type: 'disabled' } }, ['chat', 'reasoner']]),
  row('temperature above 2', { temperature: 2.1 }, [{ temperature: 2.1 }, []]),
  row('top_p above 1', { topP: 1.1 }, [{ top_p: 1.1 }, []]),
  row('top_k below 1', { topK: 0 }, [{ top_k: 0 }, []]),
  row('n above 5', { n: 6 }, [{ n: 6 }, []]),
  row('n near temperature 0', { n: 2, temperature: 0.001 }, [{ n: 2, temperature: 0.001 }, []]),
  row('max_tokens below 1', { maxOutputTokens: 0 }, [{ max_tokens: 0 }, []]),
  row('a penalty above 2', { presencePenalty: 2.5 }, [{ presence_penalty: 2.5 }, []]),
  row('top_logprobs above 20', { logprobs: true, topLogprobs: 21 }, [{ logprobs: true, top_logprobs: 21 }, []]),
  row('top_logprobs alone', { topLogprobs: 5 }, [{ top_logprobs: 5 }, []]),
]

const cases = models.flatMap((id) => rows.map((entry) => ({ id, ...entry, isAccepted: entry.accepted.includes(familyOf(id)) })))
const request = { messages: [user('Answer in JSON: hi')] }

test.each(cases.filter(({ isAccepted }) => isAccepted))('$id takes $name, and so does the endpoint', async ({ id, settings, wire }) => {
  const model = evolink<string>(id, { ...settings, baseURL: simulator.baseURL, apiKey: 'test-key' })
  const { candidates } = await model.complete(request)

  expect(simulator.requests.at(-1)?.body).toMatchObject(wire)
  expect(candidates).toHaveLength(typeof wire['n'] === 'number' ? wire['n'] : 1)
})

test.each(cases.filter(({ isAccepted }) => !isAccepted))('$id refuses $name before any request, and so does the endpoint', async ({ id, settings, wire }) => {
  const sent = simulator.requests.length
  const connection = { baseURL: simulator.baseURL, apiKey: 'test-key' }
  const refusal = await attempt(() => evolink<string>(id, { ...settings, ...connection }).complete(request))
  expect(refusal).toMatchObject({ code: 'invalid-options', message: expect.stringContaining(id) })
  expect(simulator.requests).toHaveLength(sent)

  const answer = await attempt(() => evolink<string>(id, { ...connection, extraBody: wire }).complete(request))
  expect(answer).toMatchObject({ code: 'invalid-request', status: 400 })
})

const tools = [{ name: 'get_time', description: 'Tells the time.', inputSchema: { type: 'object', properties: {} } }]
const choices = models.flatMap((id) => (['auto', 'none'] as const).map((toolChoice) => ({ id, toolChoice })))

test.each(choices)('$id with tools and tool choice $toolChoice', async ({ id, toolChoice }) => {
  const model = evolink<string>(id, { baseURL: simulator.baseURL, apiKey: 'test-key' })
  const answer = await attempt(() => model.complete({ ...request, tools, toolChoice }))
  if (familyOf(id) === 'reasoner') expect(answer).toMatchObject({ code: 'invalid-options', message: expect.stringContaining('tool') })
  else expect(answer).toMatchObject({ candidates: [{}] })
})

test.each(models)('%s: the response is kept unchanged, with cached tokens if its page shows them', async (id) => {
  const model = evolink<string>(id, { baseURL: simulator.baseURL, apiKey: 'test-key' })
  const long = { messages: [user(`${id} says JSON `.repeat(400))] }
  await model.complete(long)
  const { response, usage, raw, finishReason, rawFinishReason } = await model.complete(long)

  expect(response).toMatchObject({ id: expect.any(String), object: 'chat.completion', created: expect.any(Number), model: id })
  expect(raw).toMatchObject({ choices: [{ finish_reason: 'stop' }], usage: { total_tokens: usage.totalTokens } })
  expect([finishReason, rawFinishReason]).toEqual(['stop', 'stop'])
  expect(usage.cachedInputTokens).toBeGreaterThan(0)
  if (id.startsWith('deepseek')) expect(response.systemFingerprint).toMatch(/^fp_/)
})

test('images and partial mode go only to the two Kimi models', async () => {
  const image = user([
    { type: 'text', text: 'What is this?' },
    { type: 'image', url: 'data:image/png;base64,iVBORw0KGgo=' },
  ])
  const partial = { role: 'assistant', content: 'The answer is', partial: true } as const
  for (const id of models) {
    const model = evolink<string>(id, { baseURL: simulator.baseURL, apiKey: 'test-key' })
    for (const messages of [[image], [user('Go on.'), partial]]) {
      const answer = await attempt(() => model.complete({ messages }))
      if (familyOf(id) === 'kimi') expect(answer).toMatchObject({ candidates: [{}] })
      else expect(answer).toMatchObject({ code: 'invalid-options', message: expect.stringContaining(id) })
    }
  }
})

async function attempt(run: () => Promise<unknown>): Promise<unknown> {
  try {
    return await run()
  } catch (error) {
    return error
  }
}
