import { faultNames, parseFault, startSimulator } from '@capstan/simulator'
import { describe, expect, test } from 'vitest'
import { clients } from './support/clients.ts'
import { openaiClient } from './support/openai-client.ts'
import type { Client, Parsed } from './support/parsed.ts'

const reply = { reasoning: 'I think.', text: 'Four degrees in Oslo.' }
const intact = 'intact'
const openaiBroken = /terminated/
const aiBroken = /Failed to process successful response/
const noConnection = [/Connection error/, /Connection error/, /Cannot connect to API/, /Cannot connect to API/] as const
const notJson = [/JSON/, /malformed server-sent event/, /Invalid JSON response/] as const

/** openai takes every body for a completion. */
const taken = /Taken for a completion/

/** What a client sees: an answer that is whole, parts of an answer, or an error that says this. */
type Sight = typeof intact | RegExp | Partial<Parsed>
/** In the order of `clients`: openai, openai streamed, ai, ai streamed. */
type Sights = readonly [Sight, Sight, Sight, Sight]

const everywhere = (sight: Sight): Sights => [sight, sight, sight, sight]
const whole = { ...reply, finishReason: 'stop' }

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
  // A body that is no stream has no end mark, so that nothing strikes it there.
  ['reset:before-done', [intact, openaiBroken, intact, aiBroken]],
  ['close:before-done', [intact, openaiBroken, intact, aiBroken]],
  // openai stops reading at the end mark, ai reads on to the end.
  ['reset:after-done', [openaiBroken, intact, aiBroken, aiBroken]],
  ['garbage', noConnection],
  ['hang-up', everywhere(intact)],
  // The body ends early, properly.
  ['cut:0', [taken, /without sending any chunks/, /Invalid JSON response/, /without a finish reason/]],
  ['cut:120', [...notJson, /without a finish reason/]],
  ['cut:120,end=close', [openaiBroken, openaiBroken, aiBroken, aiBroken]],
  ['content-length:-10', [/JSON/, /malformed server-sent event/, /Invalid JSON response/, intact]],
  ['content-length:10', [openaiBroken, intact, aiBroken, aiBroken]],
  [
    'no-finish',
    [{ ...whole, finishReason: null as unknown as string }, /missing finish_reason/, { ...whole, finishReason: 'other' }, /without a finish reason/],
  ],
  [
    'no-finish:done=false',
    [{ ...whole, finishReason: null as unknown as string }, /missing finish_reason/, { ...whole, finishReason: 'other' }, /without a finish reason/],
  ],
  ['no-done', everywhere(intact)],
  // openai ignores what comes after the end mark, ai takes it for a part of the answer.
  ['after-done', [/JSON/, intact, /Invalid JSON response/, { text: `${reply.text}late` }]],
  // Events are broken.
  ['malformed:2', [...notJson, /JSON parsing failed/]],
  ['duplicate:2', [/JSON/, { reasoning: 'II think.', text: reply.text }, /Invalid JSON response/, { reasoning: 'II think.', text: reply.text }]],
  ['error-event:first', [taken, /Internal server error/, /Invalid JSON response/, /Internal server error/]],
  ['error-event:mid-stream', [taken, /Internal server error/, /Invalid JSON response/, /Internal server error/]],
  ['error-event:mid-stream,named=true', [taken, /Internal server error/, /Invalid JSON response/, /Internal server error/]],
  ['huge-event:1000000', everywhere(intact)],
  // Bytes come in another way.
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
  // Another answer.
  ['status:503', everywhere(/overloaded|too busy/)],
  ['html', [taken, /without sending any chunks/, /Invalid JSON response/, /without a finish reason/]],
  ['redirect:307', noConnection],
  ['redirect:302', everywhere(/Method GET is not allowed/)],
  ['json-body:completion', [intact, /without sending any chunks/, intact, /without a finish reason/]],
  ['json-body:error', [taken, /without sending any chunks/, /Invalid JSON response/, /without a finish reason/]],
  ['json-body:envelope', [taken, /without sending any chunks/, /Invalid JSON response/, /without a finish reason/]],
  ['content-type:text/plain', [taken, intact, intact, intact]],
  ['many-headers:1000', noConnection],
  // The answer says something else.
  ['length:keepCharacters=4', everywhere({ text: 'Four', finishReason: 'length' })],
  ['empty', everywhere({ text: '', reasoning: '', finishReason: 'stop' })],
  ['empty:reasoning=true', everywhere({ text: '', reasoning: 'I think.', finishReason: 'stop' })],
  ['finish-reason:content_filter', everywhere({ ...reply, finishReason: 'content_filter' })],
  ['finish-reason:insufficient_system_resource', everywhere({ ...reply, finishReason: 'insufficient_system_resource' })],
  ['usage:missing', everywhere({ ...whole, usage: undefined })],
  ['usage:every-event', everywhere(intact)],
  ['usage:negative', everywhere(expect.objectContaining({ usage: expect.objectContaining({ output: -8 }) }) as Partial<Parsed>)],
  ['usage:text', [whole, whole, /Invalid JSON response/, /Type validation failed/]],
  ['leaked-markup:kimi', everywhere({ calls: [], finishReason: 'stop' })],
]

describe.each(['kimi-k2-thinking', 'deepseek-chat'])('%s', (model) => {
  describe.each(rows)('%s', (text, sights) => {
    test.each(clients.map((client, index) => ({ client, name: client.name, sight: sights[index] ?? intact })))('$name: $sight', async ({ client, sight }) => {
      const fault = parseFault(text)
      const toolCalls = fault.kind === 'leaked-markup' ? [{ name: 'get_weather', input: { city: 'Oslo' } }] : []
      await using simulator = await startSimulator({ script: Array.from({ length: 30 }, () => ({ ...reply, toolCalls, fault })) })
      await expectSight(client.ask({ baseURL: simulator.baseURL, model }), sight)
    })
  })
})

async function expectSight(asked: Promise<Parsed>, sight: Sight): Promise<void> {
  if (sight === intact) return expect(await asked).toMatchObject({ ...whole, calls: [] })
  if (sight instanceof RegExp) return expect(asked).rejects.toThrow(sight)
  expect(await asked).toMatchObject(sight)
}

describe.each(clients)('a stall ($name)', (client: Client) => {
  test.each(['before-headers', 'after-headers', 'first-event', 'mid-stream', 'before-finish'])('%s is left by an abort alone', async (place) => {
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

test('a stream that ends without a finish reason ends quietly for those who read the chunks of openai', async () => {
  await using simulator = await startSimulator({ script: [{ ...reply, fault: parseFault('no-finish:done=false') }] })
  const messages = [{ role: 'user' as const, content: 'Hello.' }]
  const stream = await openaiClient(simulator).chat.completions.create({ model: 'deepseek-chat', messages, stream: true })
  const reasons: unknown[] = []
  for await (const chunk of stream) reasons.push(chunk.choices[0]?.finish_reason)
  expect(new Set(reasons)).toEqual(new Set([null]))
})

// Shapes that servers of other makers send. What Capstan makes of them is in the faults matrix; these clients promise nothing about them.
const ofOtherServers = [
  'bad-chunk',
  'call-arguments',
  'call-id',
  'call-index',
  'call-name',
  'choice-index',
  'control-characters',
  'cut-headers',
  'fragments',
  'framing',
  'handshake',
  'invalid-utf8',
  'long-text',
  'many-calls',
  'odd-event',
  'reasoning-field',
  'refuse',
]

test('every kind of fault has a row, or is known to be of another server', () => {
  const kinds = new Set(rows.map(([text]) => parseFault(text).kind))
  expect([...kinds, 'stall', ...ofOtherServers].toSorted()).toEqual(faultNames.toSorted())
})
