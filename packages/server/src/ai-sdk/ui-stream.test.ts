import { AgentError, type AgentOptions, answer, approve, deny, type Run, type RunEvent, type RunState } from '@capstan/core'
import { call } from '@capstan/core/testing'
import { describe, expect, test } from 'vitest'
import { agentTool, chunksOf, payTool, plainTool, responseOf, scriptedAgent } from '../testing/ui-agents.ts'
import type { UiChunk } from './chunks.ts'
import { UiStream } from './ui-stream.ts'

const versions = [5, 6, 7] as const
const look = plainTool('look', () => 'seen')

async function eventsOf(run: Run): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = []
  // What broke the run is its last event, too.
  await (async () => {
    for await (const event of run) events.push(event)
  })().catch(() => {})
  return events
}

const types = (chunks: readonly UiChunk[]): readonly string[] => chunks.map(({ type }) => type)
const of = <Type extends UiChunk['type']>(chunks: readonly UiChunk[], type: Type) =>
  chunks.filter((chunk) => chunk.type === type) as Extract<UiChunk, { type: Type }>[]

/** The text of all blocks, as a page puts it together. It fails for a delta outside of its block. */
function textIn(chunks: readonly UiChunk[], kind: 'text' | 'reasoning' = 'text'): readonly string[] {
  const blocks = new Map<string, string>()
  const open = new Set<string>()
  for (const chunk of chunks) {
    if (chunk.type === `${kind}-start`) open.add((chunk as { id: string }).id)
    else if (chunk.type === `${kind}-end`) open.delete((chunk as { id: string }).id)
    else if (chunk.type === `${kind}-delta`) {
      const { id, delta } = chunk as { id: string; delta: string }
      if (!open.has(id)) throw new Error(`The block ${id} is not open.`)
      blocks.set(id, (blocks.get(id) ?? '') + delta)
    }
  }
  expect(open.size).toBe(0)
  return [...blocks.values()]
}

/** A run that pauses, and its continuation with these answers: the events of each. */
async function pausedAndResumed(options: Partial<AgentOptions>, replies: Parameters<typeof scriptedAgent>[0], decide: () => ReturnType<typeof approve>) {
  const agent = scriptedAgent(replies, options)
  const run = agent.stream('go', { runId: 'r1' })
  const before = await eventsOf(run)
  const { state, pending } = await run.result
  const answers = Object.fromEntries(pending.map(({ id }) => [id, decide()]))
  const after = await eventsOf(agent.resume(state as RunState, { answers }))
  return { before, after, questionId: pending[0]?.id ?? '' }
}

test('a run with reasoning, text and a call is a message of steps, whose ids are unique over runs', async () => {
  const agent = scriptedAgent([{ reasoning: 'I should look.', text: 'One moment.', calls: [call('look', { at: 'order 7' })] }, 'It is here.'], {
    tools: [look],
  })
  const chunks = chunksOf(await eventsOf(agent.stream('go', { runId: 'r1' })), 5)
  expect(chunks).toMatchObject([
    { type: 'start', messageId: 'r', messageMetadata: { runId: 'r' } },
    { type: 'start-step' },
    { type: 'reasoning-start', id: 'reasoning-1' },
    { type: 'reasoning-delta', id: 'reasoning-1', delta: 'I should look.' },
    { type: 'reasoning-end', id: 'reasoning-1' },
    { type: 'text-start', id: 'text-2' },
    { type: 'text-delta', id: 'text-2', delta: 'One moment.' },
    { type: 'text-end', id: 'text-2' },
    { type: 'tool-input-available', toolCallId: 'r:steps/1/tools/0', toolName: 'look', input: { at: 'order 7' }, dynamic: true },
    { type: 'tool-output-available', toolCallId: 'r:steps/1/tools/0', output: 'seen', dynamic: true },
    { type: 'finish-step' },
    { type: 'start-step' },
    { type: 'text-start', id: 'text-3' },
    { type: 'text-delta', id: 'text-3', delta: 'It is here.' },
    { type: 'text-end', id: 'text-3' },
    { type: 'finish-step' },
    { type: 'finish', finishReason: 'stop', messageMetadata: { status: 'finished', stopReason: 'finished', usage: { totalTokens: 30 } } },
  ])
})

test.each(versions)('version %i: calls that never run or fail are errors of their part, with the input that the model wrote', async (version) => {
  const broken = plainTool('broken', () => ({ status: 'error', text: 'It broke.' }))
  const picky = plainTool('picky', () => '', { check: () => ({ ok: false, message: 'n must be a number' }) })
  const calls = [call('nothing', { n: 1 }), call('picky', { n: 'x' }), call('broken', { n: 2 }), call('look', 'not json')]
  const chunks = chunksOf(await eventsOf(scriptedAgent([calls, 'end'], { tools: [broken, picky, look] }).stream('go', { runId: 'r' })), version)
  expect(of(chunks, 'tool-input-error')).toMatchObject([
    { toolCallId: 'r:steps/1/tools/0', toolName: 'nothing', input: { n: 1 }, errorText: expect.stringContaining("no tool 'nothing'") },
    { toolCallId: 'r:steps/1/tools/3', toolName: 'look', input: 'not json' },
  ])
  const failed = new Map(of(chunks, 'tool-output-error').map(({ toolCallId, errorText }) => [toolCallId, errorText]))
  expect([...failed.keys()].sort()).toEqual(['r:steps/1/tools/1', 'r:steps/1/tools/2'])
  expect(failed.get('r:steps/1/tools/1')).toContain('n must be a number')
  expect(failed.get('r:steps/1/tools/2')).toBe('It broke.')
})

describe('approvals', () => {
  const replies = [{ text: 'I will pay.', calls: [call('look'), call('pay', { amount: 5 })] }, 'Paid.']

  test.each([6, 7] as const)('version %i: the request names call and question; after the answer only the old part changes', async (version) => {
    const { before, after, questionId } = await pausedAndResumed({ tools: [look, payTool(() => 'sent 5')] }, replies, approve)
    const stream = new UiStream({ runId: 'r1', version })
    const asked = responseOf(stream, before)
    expect(types(asked).slice(-4)).toEqual(['tool-input-available', 'tool-approval-request', 'finish-step', 'finish'])
    expect(of(asked, 'tool-approval-request')).toMatchObject([
      { approvalId: questionId, toolCallId: 'r1:steps/1/tools/1', approvalDescriptor: { type: 'approval', toolName: 'pay', input: { amount: 5 } } },
    ])
    expect(asked.at(-1)).toMatchObject({ finishReason: 'tool-calls', messageMetadata: { status: 'paused' } })
    const continued = responseOf(stream, after)
    expect(types(continued)).toEqual([
      'start',
      ...(version === 7 ? ['tool-approval-response'] : []),
      'tool-output-available',
      'finish-step',
      'start-step',
      'text-start',
      'text-delta',
      'text-end',
      'finish-step',
      'finish',
    ])
    expect(of(continued, 'tool-output-available')).toMatchObject([{ toolCallId: 'r1:steps/1/tools/1', output: 'sent 5' }])
  })

  test.each([6, 7] as const)('version %i: a denied call is denied, and never runs', async (version) => {
    const { before, after } = await pausedAndResumed({ tools: [look, payTool()] }, replies, () => deny('too much'))
    const stream = new UiStream({ runId: 'r1', version })
    responseOf(stream, before)
    const continued = responseOf(stream, after)
    expect(of(continued, 'tool-output-denied')).toEqual([{ type: 'tool-output-denied', toolCallId: 'r1:steps/1/tools/1' }])
    expect(of(continued, 'tool-approval-response')).toMatchObject(version === 7 ? [{ approved: false, reason: expect.stringContaining('too much') }] : [])
    expect(of(continued, 'tool-output-available')).toEqual([])
  })

  test('version 5 gets the question as a data part, and a denial as the error of its part', async () => {
    const { before, after, questionId } = await pausedAndResumed({ tools: [look, payTool()] }, replies, () => deny('too much'))
    const stream = new UiStream({ runId: 'r1', version: 5 })
    const asked = responseOf(stream, before)
    expect(of(asked, 'data-approval')).toMatchObject([
      {
        id: questionId,
        data: { questionId, runId: 'r1', toolCallId: 'r1:steps/1/tools/1', kind: 'approval', status: 'open', about: { input: { amount: 5 } } },
      },
    ])
    const continued = responseOf(stream, after)
    expect(of(continued, 'data-approval')).toMatchObject([{ id: questionId, data: { status: 'answered' } }])
    expect(of(continued, 'tool-output-error')).toMatchObject([{ toolCallId: 'r1:steps/1/tools/1', errorText: expect.stringContaining('too much') }])
    expect([...types(asked), ...types(continued)].filter((type) => type.includes('approval-re') || type.includes('denied'))).toEqual([])
  })

  test.each(versions)('version %i: what a tool asks is a data part, and not an approval that a click could answer without the answer', async (version) => {
    const choose = plainTool('choose', () => 'window', { ask: () => ({ text: 'Which seat?', choices: ['window', 'aisle'] }) })
    const { before, after, questionId } = await pausedAndResumed({ tools: [choose] }, [call('choose'), 'Done.'], () => answer('window'))
    const stream = new UiStream({ runId: 'r1', version })
    const asked = responseOf(stream, before)
    expect(of(asked, 'data-question')).toMatchObject([
      { id: questionId, data: { kind: 'question', status: 'open', about: { question: { text: 'Which seat?' } } } },
    ])
    expect(types(asked)).not.toContain('tool-approval-request')
    expect(of(responseOf(stream, after), 'data-question')).toMatchObject([{ id: questionId, data: { status: 'answered' } }])
  })

  test.each(versions)('version %i: a page that is loaded again gets everything once, in one message', async (version) => {
    const { before, after } = await pausedAndResumed({ tools: [look, payTool()] }, replies, approve)
    const chunks = responseOf(new UiStream({ runId: 'r1', version }), [...before, ...after])
    expect(of(chunks, 'start')).toHaveLength(1)
    expect(of(chunks, 'finish')).toHaveLength(1)
    expect(textIn(chunks)).toEqual(['I will pay.', 'Paid.'])
    const inputs = of(chunks, 'tool-input-available').map(({ toolCallId }) => toolCallId)
    expect(inputs).toEqual(['r1:steps/1/tools/0', 'r1:steps/1/tools/1'])
    expect(of(chunks, 'tool-output-available').map(({ toolCallId }) => toolCallId)).toEqual(inputs)
  })
})

test.each(versions)('version %i: what a failed attempt showed is taken back, or marked where the page cannot', async (version) => {
  const broken = new AgentError('The stream broke.', { code: 'stream-truncated', phase: 'stream', retryable: true })
  const agent = scriptedAgent(
    [
      { reasoning: 'half a thou', error: broken },
      { reasoning: 'a thought', text: 'The answer.' },
    ],
    {
      attempts: { delayMs: 0 },
    },
  )
  const chunks = chunksOf(await eventsOf(agent.stream('go')), version)
  expect(textIn(chunks, 'reasoning')).toEqual(['half a thou', 'a thought'])
  const at = types(chunks).indexOf(version === 7 ? 'reset-step' : 'data-retry')
  expect(types(chunks).slice(at - 1, at)).toEqual(['reasoning-end'])
  expect(of(chunks, 'data-retry')).toMatchObject([{ data: { step: 1, code: 'stream-truncated' } }])
  expect(of(chunks, 'data-retry')[0]?.transient).toBe(version === 7 ? true : undefined)
  expect(types(chunks).includes('reset-step')).toBe(version === 7)
})

test('a message of which only the end is known is shown completely, and one that was shown in part is completed', async () => {
  const events = await eventsOf(scriptedAgent([{ reasoning: 'Hm.', text: 'The answer.' }]).stream('go', { runId: 'r' }))
  const ends = events.filter(({ type }) => !type.endsWith('-delta'))
  expect(textIn(chunksOf(ends, 7))).toEqual(['The answer.'])
  expect(textIn(chunksOf(ends, 7), 'reasoning')).toEqual(['Hm.'])
  const cut = events.map((event) => (event.type === 'text-delta' ? { ...event, delta: 'The an' } : event))
  expect(textIn(chunksOf(cut, 5))).toEqual(['The answer.'])
})

test.each(versions)(
  'version %i: after a restart nothing is repeated, and text of an attempt that was lost is never mixed with the next one',
  async (version) => {
    const events = await eventsOf(scriptedAgent([{ text: 'Looking.', calls: [call('look')] }, 'The answer.'], { tools: [look] }).stream('go'))
    const last = events.findLastIndex(({ type }) => type === 'text-delta')
    const lost = events.slice(0, last + 1).map((event, index) => (index === last && event.type === 'text-delta' ? { ...event, delta: 'Another ans' } : event))
    const complete = events.filter(({ type }) => !type.endsWith('-delta'))
    const chunks = chunksOf([...lost, { type: 'restart' }, ...complete], version)
    expect(textIn(chunks)).toEqual(['Looking.', 'Another ans', 'The answer.'])
    const at = types(chunks).indexOf(version === 7 ? 'reset-step' : 'data-retry')
    expect(types(chunks).slice(at - 3, at)).toEqual(['text-start', 'text-delta', 'text-end'])
    expect(of(chunks, 'tool-input-available')).toHaveLength(1)
  },
)

describe('agents inside a run', () => {
  const inner = () => scriptedAgent([{ text: 'Searching.', calls: [call('look', { q: 1 })] }, 'Found it.'], { name: 'researcher', tools: [look] })

  test.each(versions)('version %i: their text is beside the answer, their calls are parts of their own', async (version) => {
    const agent = scriptedAgent([[call('research')], 'The answer.'], { tools: [agentTool('research', inner())] })
    const chunks = chunksOf(await eventsOf(agent.stream('go', { runId: 'r' })), version)
    expect(textIn(chunks)).toEqual(['The answer.'])
    expect(of(chunks, 'data-agent')).toMatchObject([
      { data: { path: ['research#1'], step: 1, text: 'Searching.' } },
      { data: { path: ['research#1'], step: 2, text: 'Found it.' } },
    ])
    expect(new Set(of(chunks, 'data-agent').map(({ id }) => id)).size).toBe(2)
    const [outer, own] = of(chunks, 'tool-input-available')
    expect([outer?.toolCallId, own?.toolCallId]).toEqual(['r:steps/1/tools/0', 'r:steps/1/tools/0/steps/1/tools/0'])
    expect(own?.toolMetadata).toEqual(version === 5 ? undefined : { path: ['research#1'] })
    expect(of(chunks, 'start-step')).toHaveLength(2)
  })

  test('an approval that one of them needs is asked at its own call', async () => {
    const payer = scriptedAgent([[call('pay', { amount: 3 })], 'Paid.'], { name: 'payer', tools: [payTool()] })
    const { before } = await pausedAndResumed({ tools: [agentTool('delegate', payer)] }, [[call('delegate')], 'End.'], approve)
    const chunks = chunksOf(before, 6)
    expect(of(chunks, 'tool-approval-request')).toMatchObject([{ toolCallId: 'r:steps/1/tools/0/steps/1/tools/0' }])
    expect(of(chunks, 'tool-input-available').at(-1)).toMatchObject({ toolName: 'pay', input: { amount: 3 }, toolMetadata: { path: ['delegate#1'] } })
  })

  test('after a hand-over the answer of the other agent is the text of the message', async () => {
    const front = scriptedAgent([[call('research')]], { tools: [agentTool('research', inner(), { returns: 'final' })] })
    expect(textIn(chunksOf(await eventsOf(front.stream('go')), 7))).toEqual(['Found it.'])
  })
})

test('an output that the model gives by a call is the text of the message, and the call is not shown', async () => {
  const output = {
    schema: { type: 'object' as const, properties: { total: { type: 'number' as const } }, required: ['total'] },
    parse: async (value: unknown) => ({ ok: true as const, value }),
  }
  const agent = scriptedAgent([call('final_answer', { total: 5 })], { output: output as never, outputMode: 'tool' })
  const chunks = chunksOf(await eventsOf(agent.stream('go')), 7)
  expect(textIn(chunks)).toEqual(['{"total":5}'])
  expect(types(chunks).filter((type) => type.startsWith('tool-'))).toEqual([])
})

describe('endings', () => {
  test('an incomplete answer is an error on the page, after its metadata', async () => {
    const truncated = chunksOf(await eventsOf(scriptedAgent([{ text: 'Half an ans', finishReason: 'length' }]).stream('go')), 7)
    expect(truncated.slice(-3)).toMatchObject([
      { type: 'message-metadata', messageMetadata: { status: 'unusable', stopReason: 'truncated' } },
      { type: 'error', errorText: 'The answer is not complete: the model reached its output limit.' },
      { type: 'finish' },
    ])
    const limited = scriptedAgent([call('look', { n: 1 }), 'As far as I came.'], { tools: [look], limits: { steps: 1 } })
    expect(chunksOf(await eventsOf(limited.stream('go')), 7).slice(-3)).toMatchObject([
      { messageMetadata: { status: 'limit', stopReason: 'max-steps' } },
      { errorText: 'The answer is not complete: the limit of steps was reached.' },
      { type: 'finish' },
    ])
  })

  test('what broke a run is shown by its code, because messages may name hosts', async () => {
    const error = new AgentError('https://internal.example:8443 refused the key.', { code: 'network-refused' })
    const events = await eventsOf(scriptedAgent([{ text: 'Half', error }], { attempts: { max: 1 } }).stream('go'))
    expect(JSON.stringify(chunksOf(events, 5))).not.toContain('internal.example')
    expect(of(chunksOf(events, 5), 'error')).toEqual([{ type: 'error', errorText: expect.stringMatching(/^The run failed: .+ \([a-z-]+\)$/) }])
    const own = new UiStream({ runId: 'r', version: 5, errorText: ({ code }) => `Sorry: ${code}` })
    expect(of(responseOf(own, events), 'error')).toMatchObject([{ errorText: expect.stringMatching(/^Sorry: /) }])
  })

  test.each(versions)('version %i: a stopped run is aborted, and its message is not continued by the page', async (version) => {
    const run = scriptedAgent([call('look'), 'End.'], { tools: [look] }).stream('go')
    run.on('tool-start', () => void run.stop())
    const chunks = chunksOf(await eventsOf(run), version)
    expect(chunks.slice(-2)).toMatchObject([
      { type: 'abort', reason: 'stopped' },
      { type: 'finish', finishReason: version === 7 ? 'interrupted' : 'other' },
    ])
  })
})
