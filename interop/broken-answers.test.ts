import { faultNames, parseFault, startSimulator } from '@capstan/simulator'
import { describe, expect, test } from 'vitest'
import { clients } from './support/clients.ts'
import { openaiClient } from './support/openai-client.ts'
import { type Client, type Parsed, stringTool } from './support/parsed.ts'

const reply = { reasoning: 'I think.', text: 'Four degrees in Oslo.' }
const intact = 'intact'
const openaiBroken = /terminated/
const aiBroken = /Failed to process successful response/
const noConnection = [/Connection error/, /Connection error/, /Cannot connect to API/, /Cannot connect to API/] as const
const notJson = [/JSON/, /malformed server-sent event/, /Invalid JSON response/] as const

/** openai treats every body as a completion. */
const taken = /Taken for a completion/

/** What a client returns: a complete reply, parts of a reply, or an error with this message. */
type Sight = typeof intact | RegExp | Partial<Parsed>
/** In the order of `clients`: openai, openai streamed, ai, ai streamed. */
type Sights = readonly [Sight, Sight, Sight, Sight]

const everywhere = (sight: Sight): Sights => [sight, sight, sight, sight]
/** A fault that affects only streams: what the stream of openai returns, and that of ai. */
const streamed = (openai: Sight, ai: Sight = openai): Sights => [intact, openai, intact, ai]
const inserted = (words: string): Partial<Parsed> => ({ text: `Four ${words} degrees in Oslo.` })
const typeProblem = /Type validation failed/
const withoutReasoning: Partial<Parsed> = { text: reply.text, reasoning: '' }
const whole = { ...reply, finishReason: 'stop' }
const failed = { ...reply, finishReason: 'error' }
/** A complete text with the value that a client returns for a missing finish reason. Its type does not allow every value. */
const unfinished = (finishReason: unknown): Partial<Parsed> => ({ ...reply, finishReason: finishReason as string })

const rows: readonly (readonly [fault: string, sights: Sights])[] = [
  // The connection ends.
  ['reset:before-headers', noConnection],
  ['reset:after-headers', [openaiBroken, openaiBroken, aiBroken, aiBroken]],
  ['reset:first-event', [openaiBroken, openaiBroken, aiBroken, aiBroken]],
  ['reset:mid-stream', [openaiBroken, openaiBroken, aiBroken, aiBroken]],
  ['reset:before-finish', [openaiBroken, openaiBroken, aiBroken, aiBroken]],
  ['close:before-headers', noConnection],
  ['close:after-headers', [openaiBroken, openaiBroken, aiBroken, aiBroken]],
  ['close:mid-stream', [openaiBroken, openaiBroken, aiBroken, aiBroken]],
  // A JSON body has no end mark, so these faults do not affect it.
  ['reset:before-done', [intact, openaiBroken, intact, aiBroken]],
  ['close:before-done', [intact, openaiBroken, intact, aiBroken]],
  // openai stops reading at the end mark, ai reads to the end of the body.
  ['reset:after-done', [openaiBroken, intact, aiBroken, aiBroken]],
  ['garbage', noConnection],
  ['hang-up', everywhere(intact)],
  // The body ends too early, but regularly.
  ['cut:0', [taken, /without sending any chunks/, /Invalid JSON response/, /without a finish reason/]],
  ['cut:120', [...notJson, /without a finish reason/]],
  ['cut:120,end=close', [openaiBroken, openaiBroken, aiBroken, aiBroken]],
  ['content-length:-10', [/JSON/, /malformed server-sent event/, /Invalid JSON response/, intact]],
  ['content-length:10', [openaiBroken, intact, aiBroken, aiBroken]],
  ['no-finish', [unfinished(null), /missing finish_reason/, unfinished('other'), /without a finish reason/]],
  ['no-finish:done=false', [unfinished(null), /missing finish_reason/, unfinished('other'), /without a finish reason/]],
  ['no-done', everywhere(intact)],
  // openai ignores what follows the end mark, ai treats it as a part of the reply.
  ['after-done', [/JSON/, intact, /Invalid JSON response/, { text: `${reply.text}late` }]],
  // Events are broken.
  ['malformed:2', [...notJson, /JSON parsing failed/]],
  ['duplicate:2', [/JSON/, { reasoning: 'II think.', text: reply.text }, /Invalid JSON response/, { reasoning: 'II think.', text: reply.text }]],
  ['error-event:first', [taken, /Internal server error/, /Invalid JSON response/, /Internal server error/]],
  ['error-event:mid-stream', [taken, /Internal server error/, /Invalid JSON response/, /Internal server error/]],
  ['error-event:mid-stream,as=named', [taken, /Internal server error/, /Invalid JSON response/, /Internal server error/]],
  ['huge-event:1000000', everywhere(intact)],
  // The bytes are split or encoded differently.
  ['chunking:1', everywhere(intact)],
  ['chunking:1+7+3', everywhere(intact)],
  ['slow:1', everywhere(intact)],
  ['line-ending:crlf', everywhere(intact)],
  ['line-ending:cr', everywhere(intact)],
  ['byte-order-mark', everywhere(intact)],
  ['keep-alive:5', everywhere(intact)],
  ['flood:blank-lines,count=1000', everywhere(intact)],
  ['flood:comments,count=1000', [/JSON/, intact, /Invalid JSON response/, intact]],
  ['gzip', everywhere(intact)],
  ['gzip:corrupt=true', [openaiBroken, openaiBroken, aiBroken, aiBroken]],
  // Another kind of response.
  ['status:503', everywhere(/overloaded|too busy/)],
  ['html', [taken, /without sending any chunks/, /Invalid JSON response/, /without a finish reason/]],
  ['redirect:307', noConnection],
  ['redirect:302', everywhere(/Method GET is not allowed/)],
  ['json-body:completion', [intact, /without sending any chunks/, intact, /without a finish reason/]],
  ['json-body:error', [taken, /without sending any chunks/, /Invalid JSON response/, /without a finish reason/]],
  ['json-body:envelope', [taken, /without sending any chunks/, /Invalid JSON response/, /without a finish reason/]],
  ['content-type:text/plain', [taken, intact, intact, intact]],
  ['many-headers:1000', noConnection],
  // The content of the reply is different.
  ['length:keepCharacters=4', everywhere({ text: 'Four', finishReason: 'length' })],
  ['empty', everywhere({ text: '', reasoning: '', finishReason: 'stop' })],
  ['empty:reasoning=true', everywhere({ text: '', reasoning: 'I think.', finishReason: 'stop' })],
  ['finish-reason:content_filter', everywhere({ ...reply, finishReason: 'content_filter' })],
  ['finish-reason:insufficient_system_resource', everywhere({ ...reply, finishReason: 'insufficient_system_resource' })],
  ['usage:missing', everywhere({ ...whole, usage: undefined })],
  ['usage:every-event', everywhere(intact)],
  ['usage:negative', everywhere(expect.objectContaining({ usage: expect.objectContaining({ output: -8 }) }) as Partial<Parsed>)],
  ['usage:text', [whole, whole, /Invalid JSON response/, /Type validation failed/]],
  // The type of openai has a field for a refusal, which the support code does not read; ai adds it to the text.
  ['refusal:I cannot do that.', [{ text: '' }, { text: '' }, { text: 'I cannot do that.' }, { text: 'I cannot do that.' }]],
  ['refusal:beside=true', [intact, intact, { text: reply.text + reply.text }, { text: 'FourFour degrees degrees in in Oslo Oslo..' }]],
  ['finish-reason:MAX_TOKENS', everywhere({ ...reply, finishReason: 'MAX_TOKENS' })],
  ['error-event:mid-stream,as=line', [taken, /missing finish_reason/, /Invalid JSON response/, /without a finish reason/]],
  ['error-event:mid-stream,as=choice,code=429', [failed, { ...failed, text: 'Four' }, failed, { ...failed, text: 'Four' }]],
  ['error-event:mid-stream,as=beside-choices', [/no choice/, /Internal server error/, /any choices/, /Internal server error/]],
  // ai treats every error field of a stream as an error.
  ['error-field', [intact, intact, intact, /^$/]],
  ['error-field:false', [intact, intact, intact, /^false$/]],
  ['no-finish:usage=true', [unfinished(null), /missing finish_reason/, unfinished('other'), /without a finish reason/]],
  ['no-finish:as=missing', [unfinished(undefined), /missing finish_reason/, unfinished('other'), /without a finish reason/]],
  ['usage:reasoning-beside', everywhere(intact)],
  ['usage:zeros-last', everywhere(intact)],
  ['surrogate-halves', streamed(inserted('😀'))],
  ['phantom-call', [/JSON/, /JSON/, { ...whole, calls: [expect.objectContaining({ name: '', input: '' })] }, intact]],
  ['function-call:empty', [intact, /missing function_call\.name/, intact, intact]],
  ['leaked-markup:kimi', everywhere({ calls: [], finishReason: 'stop' })],
  // The connection breaks at other positions.
  ['bad-chunk:mid-stream', [openaiBroken, openaiBroken, aiBroken, aiBroken]],
  ['cut-headers:20', noConnection],
  ['cut-headers:20,end=reset', noConnection],
  ['refuse', noConnection],
  // Events in another form. Both libraries treat a block without data as an event.
  ['framing:no-space', everywhere(intact)],
  ['framing:multi-line', everywhere(intact)],
  ['framing:mixed-endings', everywhere(intact)],
  ['framing:no-last-break', everywhere(intact)],
  ['framing:fields', streamed(/malformed server-sent event/, /JSON parsing failed/)],
  // Bytes and characters that text does not have. Faults that add an event do not affect a JSON body.
  ['invalid-utf8:lone', streamed(inserted('odd \u{fffd} text'))],
  ['invalid-utf8:overlong', streamed(inserted('odd \u{fffd}\u{fffd} text'))],
  ['invalid-utf8:surrogate', streamed(inserted('odd \ud800 text'))],
  ['invalid-utf8:truncated', [...notJson, /without a finish reason/]],
  ['control-characters:raw', streamed(/malformed server-sent event/, /JSON parsing failed/)],
  ['control-characters:escaped', streamed(inserted('a\u0000\u0007\u001bb'))],
  // One more event without a meaning. openai writes what it cannot read into the text.
  ['odd-event:empty-choices', everywhere(intact)],
  ['odd-event:no-choices', streamed(/not iterable/, typeProblem)],
  ['odd-event:choices-object', streamed(/not iterable/, typeProblem)],
  ['odd-event:no-delta', everywhere(intact)],
  ['odd-event:null-delta', streamed(/in null/, intact)],
  ['odd-event:null-content', everywhere(intact)],
  ['odd-event:number-content', streamed({ text: 'Four7 degrees in Oslo.' }, typeProblem)],
  ['odd-event:array-content', streamed({ text: 'Four[object Object] degrees in Oslo.' }, { text: 'Four and degrees in Oslo.' })],
  ['odd-event:object-content', streamed({ text: 'Four[object Object] degrees in Oslo.' }, typeProblem)],
  ['choice-index:1', streamed(/missing finish_reason for choice 1/, inserted('stray'))],
  ['choice-index:-1', streamed(/invalid choice index: -1/, inserted('stray'))],
  // openai has no field for reasoning: the support code reads one. ai reads two.
  ['reasoning-field:reasoning', [withoutReasoning, withoutReasoning, intact, intact]],
  ['reasoning-field:reasoning_text', everywhere(withoutReasoning)],
  ['reasoning-field:both', everywhere(intact)],
  ['reasoning-field:think-tags', everywhere({ text: `<think>I think.</think>${reply.text}`, reasoning: '' })],
  ['long-text:100000', streamed({ text: expect.stringMatching(/^Fourx{100000,} degrees in Oslo\.$/) as unknown as string })],
]

type Call = readonly [name: string, input: unknown]
/** Calls in order, by name and input, or an error with this message. */
type CallSight = readonly Call[] | RegExp
type CallSights = readonly [CallSight, CallSight, CallSight, CallSight]

const oslo: Call = ['get_weather', { city: 'Oslo' }]
const rome: Call = ['get_weather', { city: 'Rome' }]
const bothCalls = [oslo, rome] as const
const alike = (sight: CallSight): CallSights => [sight, sight, sight, sight]
/** The same result for each library, streamed or not. */
const byLibrary = (openai: CallSight, ai: CallSight): CallSights => [openai, openai, ai, ai]
/** The result of the stream of openai. All others return both calls. */
const openaiStreamed = (sight: CallSight): CallSights => [bothCalls, sight, bothCalls, bothCalls]
const renamed = (name: string): readonly Call[] => [
  [name, { city: 'Oslo' }],
  [name, { city: 'Rome' }],
]
/** The second call has another input. */
const second = (input: unknown): readonly Call[] => [oslo, ['get_weather', input]]

// For openai the support code calls JSON.parse; ai returns the text if it cannot be parsed.
const callRows: readonly (readonly [fault: string, sights: CallSights])[] = [
  ['fragments:1', alike(bothCalls)],
  ['fragments:1,interleaved=true', alike(bothCalls)],
  ['many-calls:3', alike([rome, rome, rome])],
  // The stream of openai requires the indexes that OpenAI sends.
  ['call-index:missing', openaiStreamed(/invalid tool call index: undefined/)],
  ['call-index:same', openaiStreamed(/JSON/)],
  ['call-index:gaps', openaiStreamed(/Cannot read properties of undefined/)],
  ['call-index:from-one', openaiStreamed(/Cannot read properties of undefined/)],
  ['call-index:huge', openaiStreamed(/invalid tool call index: 1000000000/)],
  ['call-index:reversed', [bothCalls, /Cannot read properties of undefined/, bothCalls, [rome, oslo]]],
  ['call-id:missing', alike(bothCalls)],
  ['call-id:empty', alike(bothCalls)],
  // ai identifies calls by their ids, so the second one gets the input of the first.
  ['call-id:repeated', [bothCalls, bothCalls, [oslo, oslo], bothCalls]],
  ['call-id:every-fragment', alike(bothCalls)],
  ['call-id:later-other', alike(bothCalls)],
  ['call-id:later-null', alike(bothCalls)],
  ['call-id:later-empty', alike(bothCalls)],
  ['call-id:long', alike(bothCalls)],
  ['call-id:non-ascii', alike(bothCalls)],
  [
    'call-name:split',
    [
      renamed('get'),
      renamed('_weather'),
      renamed('get'),
      [
        ['get', ''],
        ['_weather', expect.anything()],
        ['get', ''],
        ['_weather', expect.anything()],
      ],
    ],
  ],
  ['call-name:late', [renamed(undefined as unknown as string), bothCalls, /Invalid JSON response/, bothCalls]],
  ['call-name:empty', [renamed(''), renamed(''), renamed(''), /Expected 'function\.name' to be a string/]],
  ['call-name:long', alike(renamed(expect.stringMatching(/^get_weatherx{10000,}$/) as unknown as string))],
  ['call-name:prefixed', alike(renamed('functions.get_weather'))],
  ['call-name:suffixed', alike(renamed('get_weather:0'))],
  ['call-name:every-fragment', alike(bothCalls)],
  ['call-name:later-null', alike(bothCalls)],
  ['call-name:later-empty', alike(bothCalls)],
  ['phantom-call:empty', [/JSON/, /JSON/, [...bothCalls, ['', '']], bothCalls]],
  ['phantom-call:null', [/a call of type null/, /missing `type`/, /Invalid JSON response/, bothCalls]],
  ['phantom-call:bare', [/a call of type undefined/, /missing `type`/, /Invalid JSON response/, typeProblem]],
  ['phantom-call:trailing', alike(bothCalls)],
  ['function-call:whole', alike([])],
  ['call-arguments:empty', byLibrary(/JSON/, second({}))],
  ['call-arguments:null', alike(second(null))],
  ['call-arguments:array', alike(second([{ city: 'Rome' }]))],
  ['call-arguments:empty-array', alike(second([]))],
  ['call-arguments:empty-first', byLibrary(/JSON/, second('{}{"city":"Rome"}'))],
  ['call-arguments:null-first', alike(bothCalls)],
  ['call-arguments:object', [/not valid JSON/, /not valid JSON/, /Invalid JSON response/, /Type validation failed/]],
  ['call-arguments:double-encoded', alike(second('{"city":"Rome"}'))],
  ['call-arguments:trailing-comma', byLibrary(/JSON/, second('{"city":"Rome",}'))],
  ['call-arguments:trailing-text', byLibrary(/JSON/, second('{"city":"Rome"} I hope this helps.'))],
  ['call-arguments:concatenated', byLibrary(/JSON/, second('{"city":"Rome"}{"city":"Rome"}'))],
  ['call-arguments:duplicate-keys', alike(bothCalls)],
  // The arguments of these calls have no number.
  ['call-arguments:huge-number', alike(bothCalls)],
  [
    'call-arguments:proto',
    byLibrary([oslo, ['get_weather', expect.objectContaining({ city: 'Rome' })]], second('{"__proto__":{"polluted":true},"city":"Rome"}')),
  ],
  ['call-arguments:cut', byLibrary(/JSON/, second('{"city":"Rome"'))],
]

describe.each(['kimi-k2-thinking', 'deepseek-chat'])('%s', (model) => {
  describe.each(rows)('%s', (text, sights) => {
    test.each(clients.map((client, index) => ({ client, name: client.name, sight: sights[index] ?? intact })))('$name: $sight', async ({ client, sight }) => {
      const fault = parseFault(text)
      const toolCalls = fault.kind === 'leaked-markup' ? [{ name: 'get_weather', input: { city: 'Oslo' } }] : []
      // A refused connection does not belong to a reply.
      const options = fault.kind === 'refuse' ? { faults: [{ fault }] } : { script: Array.from({ length: 30 }, () => ({ ...reply, toolCalls, fault })) }
      await using simulator = await startSimulator(options)
      await expectSight(client.ask({ baseURL: simulator.baseURL, model }), sight)
    })
  })
})

describe.each(['kimi-k2-thinking', 'deepseek-chat'])('two calls of %s', (model) => {
  describe.each(callRows)('%s', (text, sights) => {
    test.each(clients.map((client, index) => ({ client, name: client.name, sight: sights[index] ?? bothCalls })))(
      '$name: $sight',
      async ({ client, sight }) => {
        const toolCalls = ['Oslo', 'Rome'].map((city) => ({ name: 'get_weather', input: { city } }))
        await using simulator = await startSimulator({ script: [{ toolCalls, fault: parseFault(text) }] })
        const asked = client.ask({ baseURL: simulator.baseURL, model, tools: [stringTool('get_weather', 'city')] })
        if (sight instanceof RegExp) await expect(asked).rejects.toThrow(sight)
        else expect((await asked).calls.map(({ name, input }) => [name, input])).toEqual(sight)
        expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
      },
    )
  })
})

test.each(clients)('arguments with 10,000 levels give an error and do not end the process ($name)', async (client) => {
  const fault = parseFault('call-arguments:deep')
  await using simulator = await startSimulator({ script: [{ toolCalls: [{ name: 'get_weather', input: {} }], fault }] })
  const asked = client.ask({ baseURL: simulator.baseURL, model: 'deepseek-chat', tools: [stringTool('get_weather', 'city')] })
  // With a larger stack they can be parsed.
  const outcome = await asked.then(
    ({ calls }) => calls.length,
    (error: unknown) => (error instanceof RangeError ? 'too deep' : String(error)),
  )
  expect([1, 'too deep']).toContain(outcome)
})

async function expectSight(asked: Promise<Parsed>, sight: Sight): Promise<void> {
  if (sight === intact) return expect(await asked).toMatchObject({ ...reply, finishReason: 'stop', calls: [] })
  if (sight instanceof RegExp) return expect(asked).rejects.toThrow(sight)
  expect(await asked).toMatchObject(sight)
}

describe.each(clients)('a stall ($name)', (client: Client) => {
  test.each(['before-headers', 'after-headers', 'first-event', 'mid-stream', 'before-finish'])('%s is ended only by an abort', async (place) => {
    const fault = parseFault(`stall:${place}`)
    await using simulator = await startSimulator({ script: [{ ...reply, fault }] })
    const controller = new AbortController()
    const asked = client.ask({ baseURL: simulator.baseURL, model: 'deepseek-chat', signal: controller.signal })
    const request = await simulator.waitForRequest(1)
    controller.abort()
    await expect(asked).rejects.toThrow(/abort/i)
    await request.ended
    expect(request.closedByClient).toBe(true)
  })
})

test('a stream that ends without a finish reason ends without an error for code that reads the chunks of openai', async () => {
  await using simulator = await startSimulator({ script: [{ ...reply, fault: parseFault('no-finish:done=false') }] })
  const messages = [{ role: 'user' as const, content: 'Hello.' }]
  const stream = await openaiClient(simulator).chat.completions.create({ model: 'deepseek-chat', messages, stream: true })
  const reasons: unknown[] = []
  for await (const chunk of stream) reasons.push(chunk.choices[0]?.finish_reason)
  expect(new Set(reasons)).toEqual(new Set([null]))
})

// It affects only clients that use https. These tests use http, because they are about replies.
const ofOtherServers = ['handshake']

test('every kind of fault has a row, or a reason why it has none', () => {
  const kinds = new Set([...rows, ...callRows].map(([text]) => parseFault(text).kind))
  expect([...kinds, 'stall', ...ofOtherServers].toSorted()).toEqual(faultNames.toSorted())
})
