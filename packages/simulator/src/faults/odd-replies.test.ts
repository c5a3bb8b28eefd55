import { describe, expect, test } from 'vitest'
import { asArray, asObject, type Json, type JsonObject, parseJson } from '../json.ts'
import type { ScriptedReply, SimulatorOptions } from '../options/options.ts'
import { startSimulator } from '../start-simulator.ts'
import { firstChoice, firstMessage, payloads, post } from '../testing/client.ts'
import type { Fault, FaultOf } from './fault.ts'

const hello: ScriptedReply = { text: 'one two three four' }
const calls: ScriptedReply = {
  toolCalls: [
    { name: 'get_weather', input: { city: 'Oslo' }, id: 'c0' },
    { name: 'get_time', input: { city: 'Rome' }, id: 'c1' },
  ],
}

interface Received {
  readonly text: string
  /** The events of a stream. */
  readonly chunks: readonly JsonObject[]
  /** The JSON body, where it is not a stream. */
  readonly body: JsonObject
}

async function receive(
  fault: Fault,
  reply: ScriptedReply,
  { stream = true, ...options }: SimulatorOptions & { readonly stream?: boolean } = {},
): Promise<Received> {
  await using simulator = await startSimulator({ ...options, script: [{ ...reply, fault }] })
  const model = options.endpoint === 'moonshot' ? 'kimi-k2.6' : options.endpoint === 'vllm' ? 'deepseek-ai/DeepSeek-V3.2' : 'deepseek-chat'
  const text = await (await post(simulator.baseURL, { stream, model, ...(stream && { stream_options: { include_usage: true } }) })).text()
  return { text, chunks: payloads(text), body: asObject(parseJson(text)) }
}

const deltasIn = (chunks: readonly JsonObject[]): readonly JsonObject[] => chunks.map((chunk) => asObject(firstChoice(chunk)['delta']))
const joined = (chunks: readonly JsonObject[], field: string): string =>
  deltasIn(chunks)
    .map((delta) => delta[field] ?? '')
    .join('')
const callsIn = (chunks: readonly JsonObject[]): readonly JsonObject[] => deltasIn(chunks).flatMap((delta) => asArray(delta['tool_calls']).map(asObject))
const reasonsIn = (chunks: readonly JsonObject[]): readonly Json[] => chunks.flatMap((chunk) => firstChoice(chunk)['finish_reason'] ?? [])
const usagesIn = (chunks: readonly JsonObject[]): readonly Json[] => chunks.flatMap((chunk) => chunk['usage'] ?? [])

describe('refusal', () => {
  test('moves the text of a stream into the field refusal', async () => {
    const { chunks } = await receive({ kind: 'refusal' }, hello)
    expect([joined(chunks, 'refusal'), joined(chunks, 'content')]).toEqual(['one two three four', ''])
    expect(reasonsIn(chunks)).toEqual(['stop'])
  })

  test('moves the text of a body, and sends another text where it has one', async () => {
    expect(firstMessage((await receive({ kind: 'refusal', text: 'I cannot do that.' }, hello, { stream: false })).body)).toMatchObject({
      content: null,
      refusal: 'I cannot do that.',
    })
  })

  test('removes calls', async () => {
    const { body } = await receive({ kind: 'refusal' }, calls, { stream: false })
    expect(firstChoice(body)).toMatchObject({ finish_reason: 'stop', message: { content: null, refusal: 'I cannot help with that.' } })
    expect(firstMessage(body)).not.toHaveProperty('tool_calls')
  })

  test('with beside the content keeps the text too', async () => {
    const { chunks } = await receive({ kind: 'refusal', beside: true }, hello)
    expect(joined(chunks, 'refusal')).toBe(joined(chunks, 'content'))
  })
})

describe('error-event', () => {
  const slow = { kind: 'error-event', at: 'mid-stream', message: 'Slow down.', code: 429 } as const

  test('in the choice, with finish reason error', async () => {
    const { chunks, text } = await receive({ ...slow, as: 'choice' }, hello)
    expect(joined(chunks, 'content')).toBe('one two')
    expect(firstChoice(chunks.at(-1))).toMatchObject({ index: 0, delta: {}, finish_reason: 'error', error: { message: 'Slow down.', code: 429 } })
    expect(text).toMatch(/\[DONE\]\n\n$/)
  })

  test('in the choice of a body', async () => {
    expect(firstChoice((await receive({ ...slow, as: 'choice' }, hello, { stream: false })).body)).toMatchObject({
      finish_reason: 'error',
      error: { message: 'Slow down.', code: 429 },
      message: { content: 'one two three four' },
    })
  })

  test('beside an empty list of choices', async () => {
    expect((await receive({ ...slow, as: 'beside-choices' }, hello)).chunks.at(-1)).toMatchObject({ choices: [], error: { message: 'Slow down.', code: 429 } })
  })

  test('in a line of its own, after which the stream ends without an end mark', async () => {
    const { text } = await receive({ ...slow, as: 'line' }, hello)
    expect(text).toMatch(/" two"[^\n]*\n\nerror: \{"message":"Slow down\."[^\n]*"code":429\}\n\n$/)
  })

  test('keeps the error body of servers whose error is the body', async () => {
    await using simulator = await startSimulator({ endpoint: 'sglang', faults: [{ fault: { ...slow, at: 'first' } }] })
    const text = await (await post(simulator.baseURL, { stream: true, model: 'any' })).text()
    expect(payloads(text)).toEqual([{ object: 'error', message: 'Slow down.', type: 'InternalServerError', param: null, code: 429 }])
  })
})

describe('error-field', () => {
  test.each([
    [undefined, ''],
    ['false', false],
    ['null', null],
    ['{}', {}],
    ['some words', 'some words'],
  ])('with value %j every event has the error %j, and the text is unchanged', async (value, error) => {
    const { chunks } = await receive({ kind: 'error-field', value }, hello)
    expect(new Set(chunks.map((chunk) => JSON.stringify(chunk['error'])))).toEqual(new Set([JSON.stringify(error)]))
    expect(joined(chunks, 'content')).toBe('one two three four')
  })

  test('a body has it too', async () => {
    expect((await receive({ kind: 'error-field' }, hello, { stream: false })).body).toMatchObject({ error: '', object: 'chat.completion' })
  })
})

describe('no-finish', () => {
  test.each([
    ['null', null],
    ['empty', ''],
    ['missing', undefined],
  ] as const)('as %s, a body has the finish reason %j', async (as, reason) => {
    const { body } = await receive({ kind: 'no-finish', as }, hello, { stream: false })
    expect(firstChoice(body)['finish_reason']).toBe(reason)
    expect(firstMessage(body)['content']).toBe('one two three four')
  })

  test.each(['evolink', 'moonshot', 'vllm'] as const)('with usage, a stream of %s ends with usage and [DONE]', async (endpoint) => {
    const { chunks, text } = await receive({ kind: 'no-finish', usage: true }, hello, { endpoint })
    expect(reasonsIn(chunks)).toEqual([])
    expect(usagesIn(chunks)).toHaveLength(1)
    expect(text).toMatch(/\[DONE\]\n\n$/)
  })

  test('keeps an event without choices before the finish reason', async () => {
    await using simulator = await startSimulator({
      script: [hello],
      faults: [{ fault: { kind: 'odd-event', as: 'empty-choices' } }, { fault: { kind: 'no-finish' } }],
    })
    const chunks = payloads(await (await post(simulator.baseURL, { stream: true })).text())
    expect(chunks.filter(({ choices }) => asArray(choices).length === 0)).toHaveLength(1)
  })

  test('without usage, what follows the finish reason is omitted too', async () => {
    const { chunks } = await receive({ kind: 'no-finish' }, hello, { endpoint: 'vllm' })
    expect([reasonsIn(chunks), usagesIn(chunks)]).toEqual([[], []])
  })
})

describe('usage', () => {
  const shape = async (value: FaultOf<'usage'>['value'], reply: ScriptedReply = hello): Promise<readonly Json[]> =>
    usagesIn((await receive({ kind: 'usage', value }, reply)).chunks)

  test('reasoning-beside counts the reasoning in the total only', async () => {
    expect(await shape('reasoning-beside', { reasoning: 'a b c', text: 'd e' })).toMatchObject([
      { completion_tokens: 2, completion_tokens_details: { reasoning_tokens: 3 }, prompt_tokens: 5, total_tokens: 10 },
    ])
  })

  test('reasoning-beside reports 100 tokens where the reply has no reasoning', async () => {
    expect(await shape('reasoning-beside')).toMatchObject([{ completion_tokens: 4, completion_tokens_details: { reasoning_tokens: 100 }, total_tokens: 109 }])
  })

  test('zeros-last sends the counts, then zeros', async () => {
    expect(await shape('zeros-last')).toMatchObject([{ completion_tokens: 4 }, { completion_tokens: 0, prompt_tokens: 0, total_tokens: 0 }])
  })

  test('twice sends the counts two times', async () => {
    const [first, second, ...others] = await shape('twice')
    expect([second, others]).toEqual([first, []])
  })

  test('zeros, null and other-names', async () => {
    expect(await shape('zeros')).toMatchObject([{ completion_tokens: 0 }])
    expect((await receive({ kind: 'usage', value: 'null' }, hello, { stream: false })).body['usage']).toBeNull()
    expect(await shape('other-names')).toMatchObject([{ completion_tokens: 4, input_tokens: 0, output_tokens: 0, input_tokens_details: null }])
  })
})

describe('surrogate-halves', () => {
  test('divides a character of the text between two events, as JSON escapes', async () => {
    const { chunks, text } = await receive({ kind: 'surrogate-halves' }, { text: 'x😀y 🙈' })
    expect(text).toMatch(/"content":"x?\\ud83d"/)
    expect(joined(chunks, 'content')).toBe('x😀y 🙈')
    expect(deltasIn(chunks).filter(({ content }) => typeof content === 'string' && !isWhole(content))).toHaveLength(4)
  })

  test('divides characters of the reasoning and of arguments', async () => {
    const { chunks } = await receive({ kind: 'surrogate-halves' }, { reasoning: 'a😀', toolCalls: [{ name: 'say', input: { text: '😀' } }] })
    expect(joined(chunks, 'reasoning_content')).toBe('a😀')
    expect(callsIn(chunks).map((call) => asObject(call['function'])['arguments'] ?? '')).toEqual(expect.arrayContaining([expect.stringMatching(/\ud83d$/)]))
    expect(
      callsIn(chunks)
        .map((call) => asObject(call['function'])['arguments'])
        .join(''),
    ).toBe('{"text":"😀"}')
  })

  test('divides every character of a fragment', async () => {
    await using simulator = await startSimulator({
      script: [{ toolCalls: [{ name: 'say', input: { text: '😀🙈' } }] }],
      faults: [{ fault: { kind: 'fragments', characters: 100 } }, { fault: { kind: 'surrogate-halves' } }],
    })
    const chunks = payloads(await (await post(simulator.baseURL, { stream: true })).text())
    const pieces = callsIn(chunks).flatMap((call) => asObject(call['function'])['arguments'] ?? [])
    expect(pieces).toEqual(['', '{"text":"\ud83d', '\ude00\ud83d', '\ude48"}'])
  })

  test('adds a character where the stream has none', async () => {
    const { chunks } = await receive({ kind: 'surrogate-halves' }, hello)
    expect(joined(chunks, 'content')).toBe('one two 😀 three four')
  })
})

function isWhole(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)
}

describe('calls', () => {
  test.each([
    ['later-other', 'id', ['c0', 'c0-other']],
    ['later-null', 'id', ['c0', null]],
    ['later-empty', 'id', ['c0', '']],
    ['every-fragment', 'id', ['c0']],
  ] as const)('call-id %s: the fragments of one call have the ids %j', async (as, field, ids) => {
    const { chunks } = await receive({ kind: 'call-id', as }, calls)
    const seen = callsIn(chunks).filter(({ index }) => index === 0)
    expect([...new Set(seen.map((call) => call[field]))]).toEqual(ids)
  })

  test.each([
    ['later-null', ['get_weather', null]],
    ['later-empty', ['get_weather', '']],
  ] as const)('call-name %s: the fragments of one call have the names %j', async (as, names) => {
    const { chunks } = await receive({ kind: 'call-name', as }, calls)
    const seen = callsIn(chunks).filter(({ index }) => index === 0)
    expect([...new Set(seen.map((call) => asObject(call['function'])['name']))]).toEqual(names)
  })

  test.each([
    ['empty-array', '[]'],
    ['empty-first', '{}{"city":"Rome"}'],
  ] as const)('call-arguments %s sends %s', async (as, text) => {
    const { body } = await receive({ kind: 'call-arguments', as }, calls, { stream: false })
    expect(asArray(firstMessage(body)['tool_calls'])[1]).toMatchObject({ function: { arguments: text } })
  })

  test('call-arguments null-first sends null, then the arguments', async () => {
    const { chunks } = await receive({ kind: 'call-arguments', as: 'null-first' }, calls)
    const seen = callsIn(chunks).filter(({ index }) => index === 0)
    const [first, ...later] = seen.map((call) => asObject(call['function'])['arguments'])
    expect([first, later.join('')]).toEqual([null, '{"city":"Oslo"}'])
  })

  test.each([
    ['empty', { index: 2, id: '', function: { name: '', arguments: '' } }],
    ['null', { index: 2, id: null, function: { name: null, arguments: null } }],
    ['bare', { index: 2 }],
    ['trailing', { index: 1, function: { arguments: '' } }],
  ] as const)('phantom-call %s is the last fragment of a stream', async (as, phantom) => {
    const { chunks } = await receive({ kind: 'phantom-call', as }, calls)
    expect(callsIn(chunks).at(-1)).toMatchObject(phantom)
    expect(reasonsIn(chunks)).toEqual(['tool_calls'])
  })

  test('phantom-call is sent beside a text too, in a stream and in a body', async () => {
    const { chunks } = await receive({ kind: 'phantom-call' }, hello)
    expect([callsIn(chunks), reasonsIn(chunks)]).toEqual([[{ index: 0, id: '', type: 'function', function: { name: '', arguments: '' } }], ['stop']])
    expect(asArray(firstMessage((await receive({ kind: 'phantom-call' }, calls, { stream: false })).body)['tool_calls'])).toHaveLength(3)
  })

  test.each([
    ['empty', { name: '', arguments: '' }],
    ['null', null],
  ] as const)('function-call %s is beside the text', async (as, value) => {
    const { chunks } = await receive({ kind: 'function-call', as }, hello)
    expect(joined(chunks, 'content')).toBe('one two three four')
    expect(deltasIn(chunks).filter((delta) => delta['content'] !== undefined)[1]).toMatchObject({ function_call: value })
    expect(firstMessage((await receive({ kind: 'function-call', as }, hello, { stream: false })).body)['function_call']).toEqual(value)
  })

  test('function-call whole sends the first call in the deprecated form', async () => {
    const { body } = await receive({ kind: 'function-call', as: 'whole' }, calls, { stream: false })
    expect(firstChoice(body)).toMatchObject({
      finish_reason: 'function_call',
      message: { function_call: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
    })
    expect(firstMessage(body)).not.toHaveProperty('tool_calls')
    const { chunks } = await receive({ kind: 'function-call', as: 'whole' }, calls)
    const pieces = deltasIn(chunks).map((delta) => asObject(delta['function_call']))
    expect([pieces.map(({ name }) => name ?? '').join(''), pieces.map((piece) => piece['arguments'] ?? '').join('')]).toEqual([
      'get_weather',
      '{"city":"Oslo"}',
    ])
  })
})

test.each(['MAX_TOKENS', 'STOP', 'TOOL_CALLS', ''])('finish-reason can be any text: %j', async (value) => {
  const { chunks } = await receive({ kind: 'finish-reason', value }, calls)
  expect(reasonsIn(chunks)).toEqual([value])
})

test('status can have an error code', async () => {
  const { body } = await receive({ kind: 'status', status: 403, type: 'new_api_error', code: 'insufficient_user_quota' }, hello, { stream: false })
  expect(body).toMatchObject({ error: { type: 'new_api_error', code: 'insufficient_user_quota' } })
})
