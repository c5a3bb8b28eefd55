import { describe, expect, test } from 'vitest'
import { asArray, asObject, type JsonObject } from '../json.ts'
import type { ScriptedReply } from '../options/options.ts'
import { startSimulator } from '../start-simulator.ts'
import { firstChoice, firstMessage, post, postJson, postStream } from '../testing/client.ts'

const reply: ScriptedReply = {
  reasoning: 'I look.',
  toolCalls: [
    { name: 'get_weather', input: { city: 'Oslo' } },
    { name: 'ping', input: {} },
  ],
}

async function stream(body: JsonObject, scripted: ScriptedReply = reply): Promise<readonly JsonObject[]> {
  await using simulator = await startSimulator({ script: [scripted] })
  return await postStream(simulator.baseURL, body)
}

async function complete(body: JsonObject, scripted: ScriptedReply = reply): Promise<JsonObject> {
  await using simulator = await startSimulator({ script: [scripted] })
  return (await postJson(simulator.baseURL, body)).body
}

const deltas = (chunks: readonly JsonObject[]): readonly JsonObject[] => chunks.map((chunk) => asObject(firstChoice(chunk)['delta']))

describe('DeepSeek', () => {
  test('the first delta of a reply with reasoning has null content and empty reasoning', async () => {
    const [first] = deltas(await stream({}))
    expect(first).toEqual({ role: 'assistant', content: null, reasoning_content: '' })
  })

  test('the first delta of a reply without reasoning has no reasoning key', async () => {
    const [first] = deltas(await stream({}, { text: 'Hi.' }))
    expect(first).toEqual({ role: 'assistant', content: '' })
  })

  test('calls are sent one after the other, name and id first, arguments in pieces, {} where there are none', async () => {
    const calls = deltas(await stream({}))
      .flatMap((delta) => asArray(delta['tool_calls']))
      .map(asObject)
    expect(calls[0]).toEqual({
      index: 0,
      id: expect.stringMatching(/^call_00_[0-9A-Za-z]{24}$/),
      type: 'function',
      function: { name: 'get_weather', arguments: '' },
    })
    expect(calls[1]).toEqual({ index: 0, function: { arguments: '{' } })
    expect(calls.slice(-3)).toEqual([
      { index: 1, id: expect.stringMatching(/^call_01_[0-9A-Za-z]{24}$/), type: 'function', function: { name: 'ping', arguments: '' } },
      { index: 1, function: { arguments: '{' } },
      { index: 1, function: { arguments: '}' } },
    ])
  })

  test('usage is null until the chunk with the finish reason', async () => {
    const chunks = await stream({})
    expect(chunks.slice(0, -1).every((chunk) => chunk['usage'] === null)).toBe(true)
    expect(chunks.at(-1)).toMatchObject({
      choices: [{ delta: { content: '', reasoning_content: null }, finish_reason: 'tool_calls' }],
      usage: { prompt_cache_hit_tokens: 0, completion_tokens_details: { reasoning_tokens: 3 } },
    })
  })

  test('a body that is not streamed has the fields of the page', async () => {
    expect(await complete({})).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'deepseek-chat',
      choices: [
        {
          index: 0,
          message: expect.objectContaining({ role: 'assistant', content: '', reasoning_content: 'I look.' }),
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: expect.objectContaining({ prompt_cache_hit_tokens: 0, prompt_cache_miss_tokens: expect.any(Number) }),
      system_fingerprint: expect.stringMatching(/^fp_[0-9a-f]{10}_prod0820_fp8_kvcache$/),
    })
  })

  test('hit and miss tokens are together the tokens of the prompt', async () => {
    const usage = asObject((await complete({}))['usage'])
    expect(Number(usage['prompt_cache_hit_tokens']) + Number(usage['prompt_cache_miss_tokens'])).toBe(usage['prompt_tokens'])
  })

  test('log probabilities are sent with each piece, with as many alternatives as requested', async () => {
    const chunks = await stream({ logprobs: true, top_logprobs: 2 }, { text: 'Hi there' })
    const entries = chunks.flatMap((chunk) => asArray(asObject(firstChoice(chunk)['logprobs'])['content'])).map(asObject)
    expect(entries.map((entry) => entry['token'])).toEqual(['Hi', ' there'])
    expect(entries[0]).toMatchObject({ bytes: [72, 105], logprob: expect.any(Number), top_logprobs: [{ token: 'Hi' }, {}] })
  })

  test('log probabilities of a reply that is not streamed are one list', async () => {
    const body = await complete({ logprobs: true }, { text: 'Hi there' })
    expect(asArray(asObject(firstChoice(body)['logprobs'])['content'])).toHaveLength(2)
  })
})

describe('Kimi', () => {
  const model = 'kimi-k2-thinking'

  test('the ids of calls count through the complete conversation', async () => {
    const messages = [
      { role: 'user', content: 'Hello.' },
      {
        role: 'assistant',
        content: '',
        reasoning_content: '',
        tool_calls: [{ id: 'functions.ping:0', type: 'function', function: { name: 'ping', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'functions.ping:0', content: 'pong' },
    ]
    const calls = asArray(firstMessage(await complete({ model, messages }))['tool_calls']).map((call) => asObject(call)['id'])
    expect(calls).toEqual(['functions.get_weather:1', 'functions.ping:2'])
  })

  test('usage is in the choice of the last chunk', async () => {
    const chunks = await stream({ model })
    expect(chunks.at(-1)).toMatchObject({ choices: [{ delta: {}, finish_reason: 'tool_calls', usage: { prompt_tokens: expect.any(Number) } }] })
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true)
  })

  test('include_usage adds a trailing chunk without choices', async () => {
    const chunks = await stream({ model, stream_options: { include_usage: true } })
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } })
  })

  test('empty reasoning is sent once', async () => {
    expect(deltas(await stream({ model }, { reasoning: '', text: 'Hi.' }))[1]).toEqual({ reasoning_content: '' })
  })

  test('a body that is not streamed has the fields of the page', async () => {
    expect(await complete({ model }, { reasoning: 'r', text: 'Hi.' })).toEqual({
      id: expect.stringMatching(/^cmpl-[0-9a-f]{32}$/),
      model,
      object: 'chat.completion',
      created: expect.any(Number),
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.', reasoning_content: 'r' }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 5,
        completion_tokens: 3,
        total_tokens: 8,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    })
  })

  test('n candidates have their own indexes, streamed and not', async () => {
    await using simulator = await startSimulator()
    const { body } = await postJson(simulator.baseURL, { model, n: 3 })
    expect(asArray(body['choices']).map((choice) => asObject(choice)['index'])).toEqual([0, 1, 2])
    const chunks = await postStream(simulator.baseURL, { model, n: 2 })
    const finished = chunks.filter((chunk) => firstChoice(chunk)['finish_reason'] === 'stop').map((chunk) => firstChoice(chunk)['index'])
    expect(finished).toEqual([0, 1])
  })

  test('an error body has a message and a type', async () => {
    await using simulator = await startSimulator({ script: [{ status: 429 }] })
    expect(await (await post(simulator.baseURL, { model })).json()).toEqual({
      error: { message: expect.stringContaining('please try again after 1 seconds'), type: 'rate_limit_reached_error' },
    })
  })
})

describe('cached tokens', () => {
  const long = 'The captain counts the ropes. '.repeat(100)
  const first = [
    { role: 'system', content: long },
    { role: 'user', content: 'One?' },
  ]
  const second = [...first, { role: 'assistant', content: 'One.' }, { role: 'user', content: 'Two?' }]

  async function cached(model: string, requests: readonly JsonObject[]): Promise<readonly unknown[]> {
    await using simulator = await startSimulator()
    const counts: unknown[] = []
    for (const body of requests) {
      const response = await postJson(simulator.baseURL, { model, ...body })
      counts.push(asObject(asObject(response.body['usage'])['prompt_tokens_details'])['cached_tokens'])
    }
    return counts
  }

  test('for a history that only grows, nearly all of the earlier prompt is cached', async () => {
    const [none, hit] = await cached('deepseek-chat', [{ messages: first }, { messages: second }])
    expect(none).toBe(0)
    expect(hit).toBe(576)
  })

  test('cached tokens of DeepSeek are multiples of 64', async () => {
    const [, hit] = await cached('deepseek-chat', [{ messages: first }, { messages: first }])
    expect(Number(hit) % 64).toBe(0)
  })

  test('after a change at the start, nothing is cached', async () => {
    const changed = [
      { role: 'system', content: `Now. ${long}` },
      { role: 'user', content: 'One?' },
    ]
    expect(await cached('deepseek-chat', [{ messages: first }, { messages: changed }])).toEqual([0, 0])
  })

  test('a prompt of Kimi below 256 tokens is not cached', async () => {
    const short = [{ role: 'user', content: 'One?' }]
    expect(await cached('kimi-k2-thinking', [{ messages: short }, { messages: short }])).toEqual([0, 0])
  })
})
