import { expect, test } from 'vitest'
import { approve, deny } from '../contract/answers.ts'
import type { RunResult } from '../contract/result.ts'
import type { Tool } from '../contract/tool.ts'
import { moved } from '../testing/runs.ts'
import { type Answer, scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'
import { findProblem } from '../transcripts/check.ts'
import { Agent } from './agent.ts'

const script: readonly Answer[] = [
  {
    calls: [
      { name: 'look', input: {} },
      { name: 'pay', input: { amount: 5 } },
    ],
  },
  { text: 'Paid.' },
]

function shop(pay: Partial<Tool> = {}) {
  const effects: unknown[] = []
  const model = scriptedModel(script)
  const tools = [
    testTool('look', () => {
      effects.push('look')
      return 'seen'
    }),
    testTool(
      'pay',
      (input) => {
        effects.push(input)
        return 'paid'
      },
      { effect: 'once', needsApproval: true, ...pay },
    ),
  ]
  return { agent: new Agent({ model, tools }), effects, model }
}

test('calls without a question run first; then the run pauses with the question', async () => {
  const { agent, effects } = shop()
  const result = await agent.generate('go')

  expect(result).toMatchObject({ status: 'paused', stopReason: 'paused', pending: [{ about: { type: 'approval', toolName: 'pay', input: { amount: 5 } } }] })
  expect(effects).toEqual(['look'])
  expect(result.messages).toHaveLength(1)
})

test('an approved run continues in another process: no request is repeated and no other call runs twice', async () => {
  const paused = await shop().agent.generate('go')
  const { effects } = shop()
  // The script of this process starts after the reply that is recorded: asking for that reply again would use up its only one.
  const model = scriptedModel([script[1] ?? {}])
  const rest = new Agent({ model, tools: toolsOf(effects) })
  const result = await rest.resume(moved(paused), { answers: { [paused.pending[0]?.id ?? '']: approve() } }).result

  expect(result).toMatchObject({ status: 'finished', text: 'Paid.' })
  expect(effects).toEqual([{ amount: 5 }])
  expect(model.requests.map(({ messages }) => messages.length)).toEqual([result.messages.length - 1])
  expect(findProblem(result.messages)).toBeUndefined()
})

function toolsOf(effects: unknown[]): Tool[] {
  return [
    testTool('look', () => {
      effects.push('look')
      return 'seen'
    }),
    testTool(
      'pay',
      (input) => {
        effects.push(input)
        return 'paid'
      },
      { effect: 'once', needsApproval: true },
    ),
  ]
}

test('replayed operations show one end event each, marked, and no deltas', async () => {
  const paused = await shop().agent.generate('go')
  const run = new Agent({ model: scriptedModel([script[1] ?? {}]), tools: toolsOf([]) }).resume(moved(paused), {
    answers: { [paused.pending[0]?.id ?? '']: approve() },
  })
  const replayed: string[] = []
  const starts: string[] = []
  for await (const event of run) {
    if ('replayed' in event) replayed.push(event.type)
    if (event.type === 'tool-start') starts.push(event.toolName)
  }

  expect(replayed).toEqual(['message-end', 'tool-end'])
  expect(starts).toEqual(['pay'])
})

test('edited input runs instead of the model’s', async () => {
  const paused = await shop().agent.generate('go')
  const effects: unknown[] = []
  const agent = new Agent({ model: scriptedModel([script[1] ?? {}]), tools: toolsOf(effects) })
  await agent.resume(moved(paused), { answers: { [paused.pending[0]?.id ?? '']: approve({ amount: 1 }) } }).result

  expect(effects).toEqual([{ amount: 1 }])
})

test('a denial reaches the model with its reason', async () => {
  const paused = await shop().agent.generate('go')
  const effects: unknown[] = []
  const agent = new Agent({ model: scriptedModel([script[1] ?? {}]), tools: toolsOf(effects) })
  const result = await agent.resume(moved(paused), { answers: { [paused.pending[0]?.id ?? '']: deny('too much') } }).result

  expect(effects).toEqual([])
  expect(result.steps[0]?.toolResults[1]).toMatchObject({ status: 'denied', text: expect.stringContaining('too much') })
})

test('an approval does not fit a tool that changed since it was asked: the state is refused', async () => {
  const paused = await shop().agent.generate('go')
  const effects: unknown[] = []
  const tools = toolsOf(effects).map((tool) => (tool.name === 'pay' ? { ...tool, version: '2' } : tool))
  const agent = new Agent({ model: scriptedModel([]), tools })
  const resumed = agent.resume(moved(paused), { answers: { [paused.pending[0]?.id ?? '']: approve() } })

  await expect(resumed.result).rejects.toMatchObject({
    code: 'state-mismatch',
    message: expect.stringContaining(`a question about the tool 'pay' is not the one that was asked: tool.version was absent when it was asked and is "2" now`),
  })
  expect(effects).toEqual([])
})

test('without an answer a resumed run pauses again', async () => {
  const paused = await shop().agent.generate('go')
  const again = await shop().agent.resume(moved(paused)).result
  expect(again).toMatchObject({ status: 'paused', pending: paused.pending })
})

test('needsApproval decides by input, and code that throws needs approval', async () => {
  const cheap = shop({ needsApproval: (input) => JSON.stringify(input).includes('500') })
  await expect(cheap.agent.generate('go')).resolves.toMatchObject({ status: 'finished' })
  const broken = shop({
    needsApproval: () => {
      throw new Error('no rule')
    },
  })
  await expect(broken.agent.generate('go')).resolves.toMatchObject({ status: 'paused' })
})

test('a once call that was started and not recorded is not repeated: its outcome is asked for', async () => {
  const started = shop({ needsApproval: false, run: () => new Promise(() => {}) })
  const run = started.agent.stream('go')
  run.on('tool-start', ({ toolName }) => {
    if (toolName === 'pay') setImmediate(() => run.abort())
  })
  const error = await run.result.catch((thrown: { result: RunResult }) => thrown)
  const crashed = moved((error as { result: RunResult }).result)

  const { effects } = shop()
  const agent = new Agent({ model: scriptedModel([script[1] ?? {}]), tools: toolsOf(effects).map((tool) => ({ ...tool, needsApproval: false })) })
  const unknown = await agent.resume(crashed).result
  expect(unknown).toMatchObject({ status: 'paused', stopReason: 'outcome-unknown', pending: [{ about: { type: 'outcome', toolName: 'pay' } }] })
  expect(effects).not.toContainEqual({ amount: 5 })

  const id = unknown.pending[0]?.id ?? ''
  const done = await agent.resume(moved(unknown), { answers: { [id]: { output: 'paid by hand' } } }).result
  expect(done.steps[0]?.toolResults[1]).toMatchObject({ status: 'ok', text: 'paid by hand' })
})

test('a once call of unknown outcome runs again only if the answer says so, with the same key', async () => {
  const keys: string[] = []
  const pay = (run: Tool['run']): Tool => testTool('pay', () => '', { effect: 'once', run })
  const stuck = pay((_, { idempotencyKey }) => {
    keys.push(idempotencyKey)
    return new Promise(() => {})
  })
  const run = new Agent({ model: scriptedModel([{ calls: [{ name: 'pay', input: {} }] }]), tools: [stuck] }).stream('go')
  run.on('tool-start', () => setImmediate(() => run.abort()))
  const error = await run.result.catch((thrown: unknown) => thrown)
  const agent = new Agent({
    model: scriptedModel([{ text: 'ok' }]),
    tools: [
      pay(async (_, { idempotencyKey }) => {
        keys.push(idempotencyKey)
        return { status: 'ok', text: 'paid' }
      }),
    ],
  })
  const unknown = await agent.resume(moved((error as { result: RunResult }).result)).result
  const result = await agent.resume(moved(unknown), { answers: { [unknown.pending[0]?.id ?? '']: { repeat: true } } }).result

  expect(result.stopReason).toBe('finished')
  expect(keys).toHaveLength(2)
  expect(new Set(keys).size).toBe(1)
})

test('an aborted run continues from its records', async () => {
  const first = scriptedModel([{ calls: [{ name: 'look', input: {} }] }, { text: 'x', hangs: true }])
  const effects: unknown[] = []
  const run = new Agent({ model: first, tools: toolsOf(effects) }).stream('go')
  run.on('text-delta', () => run.abort())
  const error = await run.result.catch((thrown: unknown) => thrown)
  const second = scriptedModel([{ text: 'Done.' }])
  const result = await new Agent({ model: second, tools: toolsOf(effects) }).resume(moved((error as { result: RunResult }).result)).result

  expect(result).toMatchObject({ text: 'Done.', steps: [{ step: 1 }, { step: 2 }] })
  expect(effects).toEqual(['look'])
})

test('a state whose replay takes another course than was recorded is refused', async () => {
  const paused = await shop().agent.generate('go')
  const state = moved(paused)
  const foreign = { ...state, records: [...state.records, { type: 'done', id: 'steps/9/model/1', name: 'model', output: {}, ms: 1, executions: 1 }] }
  const agent = new Agent({ model: scriptedModel([]), tools: toolsOf([]) })
  await expect(agent.resume(foreign, { answers: { [paused.pending[0]?.id ?? '']: approve() } }).result).rejects.toMatchObject({ code: 'state-mismatch' })
  expect(() => agent.resume({ ...state, version: 3 as 2 })).toThrow(expect.objectContaining({ code: 'state-mismatch' }))
})
