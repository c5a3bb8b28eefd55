import { type ScriptedReply, startSimulator } from '@capstan/simulator'
import { describe, expect, test } from 'vitest'
import { isKimi, kimiModels, toolModels } from './support/clients.ts'
import { type Loop, type LoopResult, loops, reasoningLoops, runToolsLoops } from './support/loops.ts'

const temperature = (...cities: readonly string[]) => cities.map((city) => ({ name: 'get_temperature', input: { city } }))

/** Two steps with tools, then a text. */
const steps: readonly ScriptedReply[] = [
  { reasoning: 'Both at once. Then again.', toolCalls: temperature('Oslo', 'Rome') },
  { reasoning: 'Is it sure?', text: 'Once more.', toolCalls: temperature('Oslo') },
  { reasoning: 'Done.', text: 'Together 22 degrees.' },
]
const lostReasoning = /reasoning_content is missing in assistant tool call message at index 1/

interface WireMessage {
  readonly role: string
  readonly content?: unknown
  readonly reasoning_content?: string | null
  readonly tool_call_id?: string
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly arguments: string } }[]
}

/** Runs a loop, and also returns the messages of its last request. */
async function drive(loop: Loop, model: string, script: readonly ScriptedReply[] = steps): Promise<LoopResult & { readonly messages: readonly WireMessage[] }> {
  await using simulator = await startSimulator({ script })
  const result = await loop.run(simulator.baseURL, model, 'How warm are Oslo and Rome together?')
  simulator.assertDone()
  return { ...result, messages: messagesOf(simulator.requests.at(-1)?.body) }
}

function messagesOf(body: unknown): readonly WireMessage[] {
  return (body as { readonly messages: readonly WireMessage[] }).messages
}

const fits = ({ loop, model }: { loop: Loop; model: string }): boolean => !isKimi(model) || loop.returns !== 'nothing'
const all = Object.values(loops).flatMap((loop) => toolModels.map((model) => ({ loop, model, name: loop.name })))

describe.each(all.filter(fits))('$name, $model', ({ loop, model }) => {
  test('calls run, their results are sent back, and the text arrives', async () => {
    const { text, made, messages } = await drive(loop, model)
    expect([text, made]).toEqual(['Together 22 degrees.', ['Oslo', 'Rome', 'Oslo']])
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'assistant', 'tool'])
    const called = messages.flatMap((message) => message.tool_calls ?? [])
    expect(called.map((call) => JSON.parse(call.function.arguments) as unknown)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }, { city: 'Oslo' }])
    const results = messages.filter(({ role }) => role === 'tool')
    expect(results.map(({ tool_call_id, content }) => [tool_call_id, content])).toEqual([
      [called[0]?.id, '4'],
      [called[1]?.id, '18'],
      [called[2]?.id, '4'],
    ])
    if (isKimi(model)) expect(called.map(({ id }) => id)).toEqual([0, 1, 2].map((count) => `functions.get_temperature:${count}`))
  })

  test(`${loop.returns.replace('-', ' ')} of the reasoning is sent back`, async () => {
    const { messages } = await drive(loop, model)
    const sent = messages.filter(({ role }) => role === 'assistant').map(({ reasoning_content }) => reasoning_content)
    // The last delta of DeepSeek is null, and the client overwrites fields that it does not know.
    const lastPiece = isKimi(model) ? ['.', '?'] : [null, null]
    const expected = { all: ['Both at once. Then again.', 'Is it sure?'], 'last-piece': lastPiece, nothing: [undefined, undefined] }
    expect(sent).toEqual(expected[loop.returns])
  })

  test('a loop with the offline model runs to its end', async () => {
    await using simulator = await startSimulator()
    const { made, text } = await loop.run(simulator.baseURL, model, 'What is the temperature in Oslo and in Rome?')
    expect(made.toSorted()).toEqual(['Oslo', 'Rome'])
    expect(text).toMatch(/\b4\b.*\b18\b/s)
  })
})

describe.each(kimiModels)('what ends a loop with %s', (model) => {
  const after = (reasoning?: string): readonly ScriptedReply[] => [
    { reasoning, toolCalls: temperature('Oslo') },
    { reasoning: 'Good.', text: 'Four.' },
  ]

  test.each(runToolsLoops)('$name sends no reasoning back: its second request is a 400', async (loop) => {
    await expect(drive(loop, model)).rejects.toThrow(lostReasoning)
  })

  test.each([loops.openaiByHand, loops.openaiStreamByHand])('an empty reasoning is kept by $name', async (loop) => {
    expect((await drive(loop, model, after(''))).text).toBe('Four.')
  })

  test.each([loops.aiLoop, loops.aiStreamLoop])('an empty reasoning is dropped by $name: its second request is a 400', async (loop) => {
    await expect(drive(loop, model, after(''))).rejects.toThrow(lostReasoning)
  })

  test.each(reasoningLoops)('if a step has no reasoning field, $name sends none: a 400', async (loop) => {
    await expect(drive(loop, model, after())).rejects.toThrow(lostReasoning)
  })
})

test.each(reasoningLoops)('deepseek-chat without a setting for thinking does not require the reasoning ($name)', async (loop) => {
  const { text } = await drive(loop, 'deepseek-chat', [{ toolCalls: temperature('Oslo') }, { text: 'Four.' }])
  expect(text).toBe('Four.')
})

describe('invalid calls', () => {
  const broken = [{ toolCalls: [{ name: 'get_temperature', input: '{"city": "Os' }] }, { text: 'Sorry.' }]
  const unknown = [{ toolCalls: [{ name: 'get_wether', input: { city: 'Oslo' } }] }, { text: 'Sorry.' }]

  test.each([loops.aiLoop, loops.aiStreamLoop])('$name replies to invalid JSON with an error result and continues', async (loop) => {
    const { text, made, messages } = await drive(loop, 'deepseek-chat', broken)
    expect([text, made]).toEqual(['Sorry.', []])
    expect(messages.at(-1)).toMatchObject({ role: 'tool', content: expect.stringContaining('JSON parsing failed') })
    // The invalid text is not sent back.
    expect(messages.at(-2)?.tool_calls?.[0]?.function.arguments).toBe('{}')
  })

  test.each(runToolsLoops)('$name replies to invalid JSON with the message of the parser and continues', async (loop) => {
    const { text, messages } = await drive(loop, 'deepseek-chat', broken)
    expect(text).toBe('Sorry.')
    expect(messages.at(-1)).toMatchObject({ role: 'tool', content: expect.stringContaining('JSON') })
    expect(messages.at(-2)?.tool_calls?.[0]?.function.arguments).toBe('{"city": "Os')
  })

  test.each([...runToolsLoops, loops.aiLoop, loops.aiStreamLoop])('$name replies to an unknown tool with an error result and continues', async (loop) => {
    const { text, made, messages } = await drive(loop, 'deepseek-chat', unknown)
    expect([text, made]).toEqual(['Sorry.', []])
    expect(messages.at(-1)).toMatchObject({ role: 'tool', content: expect.stringContaining('get_wether') })
  })
})
