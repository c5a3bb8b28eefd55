import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve, deny } from '../contract/answers.ts'
import type { RunEventType } from '../contract/events.ts'
import type { Json } from '../contract/json.ts'
import type { Message } from '../contract/messages.ts'
import type { RunResult } from '../contract/result.ts'
import { abortAt, failureOf, moved, openQuestion, resultIn, tick } from '../testing/runs.ts'
import { type Answer, call, modelOf, overloaded, scriptedModel } from '../testing/scripted-model.ts'
import { payTool, recordingTool, testTool } from '../testing/test-tool.ts'

/** What a database does that keeps JSON as a tree: the keys of objects come back in another order. */
function reorder(value: Json): Json {
  if (Array.isArray(value)) return value.map(reorder)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reorder(inner)]),
  )
}

/** A run of three steps that was aborted while the model spoke again. */
async function abortedAfterThreeSteps(): Promise<RunResult> {
  const steps = [1, 2, 3].map((round) => ({ calls: [call('look', { round })] }))
  const model = scriptedModel([...steps, { text: 'So', hangs: true }])
  return await abortAt(new Agent({ model, tools: [recordingTool('look')] }).stream('go'), 'text-delta')
}

test('an approval survives a store that reorders the keys of objects', async () => {
  const pay = payTool()
  const agent = new Agent({ model: scriptedModel([{ calls: [call('pay', { amount: 5, to: { name: 'x', city: 'y' } })] }, { text: 'ok' }]), tools: [pay] })
  const paused = await agent.generate('go')
  const state = reorder(moved(paused) as unknown as Json) as unknown as ReturnType<typeof moved>
  await agent.resume(state, { answers: { [openQuestion(paused)]: approve() } }).result

  expect(pay.inputs).toHaveLength(1)
})

test('a run in memory keeps no half of the answers of a step: all its questions stay pending until all are answered', async () => {
  const agent = new Agent({ model: scriptedModel([{ calls: [call('pay', { invoice: 1 }), call('pay', { invoice: 2 })] }]), tools: [payTool()] })
  const paused = await agent.generate('go')
  const half = await agent.resume(moved(paused), { answers: { [openQuestion(paused, 0)]: approve() } }).result

  expect(half.pending).toEqual(paused.pending)
  expect(moved(half).records).toEqual(moved(paused).records)
})

test('answers may come in any order: the model is asked once, and each tool runs once', async () => {
  const log: string[] = []
  const note = (name: string, gated: boolean) =>
    testTool(
      name,
      () => {
        log.push(name)
        return name
      },
      { effect: 'once', needsApproval: gated },
    )
  const model = scriptedModel([{ calls: [call('first'), call('look'), call('second'), call('third')] }, { text: 'done' }])
  const agent = new Agent({ model, tools: [note('first', true), note('look', false), note('second', true), note('third', true)] })
  const paused = await agent.generate('go')
  const answers = Object.fromEntries([1, 0, 2].map((index) => [openQuestion(paused, index), approve()]))
  await agent.resume(moved(paused), { answers }).result

  expect(log).toEqual(['look', 'first', 'second', 'third'])
  expect(model.requests).toHaveLength(2)
})

test('a tool that ran with approval is not doubted when its description changes later', async () => {
  const pay = payTool()
  const agent = new Agent({ model: scriptedModel([{ calls: [call('pay')] }, { text: 'x', hangs: true }]), tools: [pay] })
  const paused = await agent.generate('go')
  const aborted = await abortAt(agent.resume(moved(paused), { answers: { [openQuestion(paused)]: approve() } }), 'text-delta')
  const newer = new Agent({ model: scriptedModel([{ text: 'done' }]), tools: [{ ...pay, description: 'Pays an invoice.' }] })
  const result = await newer.resume(moved(aborted)).result

  expect(result).toMatchObject({ status: 'finished', steps: [{ toolResults: [{ status: 'ok' }] }, {}] })
  expect(pay.inputs).toHaveLength(1)
})

test('a run that is resumed keeps its recorded limits, although its agent has a lower one now', async () => {
  const agent = new Agent({ model: scriptedModel([{ text: 'done' }]), tools: [recordingTool('look')], limits: { steps: 1 } })
  const result = await agent.resume(moved(await abortedAfterThreeSteps())).result
  expect(result).toMatchObject({ status: 'finished', text: 'done' })
})

test('no closing request is sent for a state that does not fit', async () => {
  const state = moved(await abortedAfterThreeSteps())
  const records = state.records.map((record) => (record['id'] === 'steps/2/model/1' ? { ...record, name: 'other' } : record))
  const model = scriptedModel([{ text: 'closing' }])
  const agent = new Agent({ model, tools: [recordingTool('look')], limits: { steps: 1 } })
  await failureOf(agent.resume({ ...state, records }).result)

  expect(model.requests).toHaveLength(0)
})

test('a run that was closed at its limit stays closed when its agent has a higher limit now', async () => {
  const model = scriptedModel([{ calls: [call('look')] }, { text: 'So far.' }, { text: 'At last.' }])
  const tools = [recordingTool('look')]
  const run = new Agent({ model, tools, limits: { steps: 1 } }).stream('go')
  run.on('message-end', ({ step }) => {
    if (step === 2) run.abort()
  })
  const closed = resultIn(await failureOf(run.result))
  const result = await new Agent({ model, tools, limits: { steps: 9 } }).resume(moved(closed)).result

  expect(result).toMatchObject({ stopReason: 'max-steps', text: 'So far.' })
})

test.each([
  ['now', 0, undefined],
  ['before', 1, true],
])('a denial that was given %s is marked so in its end event', async (_, resumes, replayed) => {
  const tools = [payTool(), testTool('late', () => 'x', { needsApproval: true })]
  const agent = new Agent({ model: scriptedModel([{ calls: [call('pay')] }, { calls: [call('late')] }]), tools })
  const asked = await agent.generate('go')
  const answers = { [openQuestion(asked)]: deny() }
  const denied = resumes === 0 ? agent.resume(moved(asked), { answers }) : agent.resume(moved(await agent.resume(moved(asked), { answers }).result))
  const marks: unknown[] = []
  denied.on('tool-end', (event) => marks.push([event.status, event.replayed]))
  await denied.result

  expect(marks).toEqual([['denied', replayed]])
})

test('what the caller adds to its messages later is not in the state', async () => {
  const input: Message[] = [{ role: 'user', content: 'go' }]
  const paused = await new Agent({ model: scriptedModel([{ calls: [call('pay')] }]), tools: [payTool()] }).generate(input)
  input.push({ role: 'user', content: 'something that was said later' })

  expect(paused.state?.input).toHaveLength(1)
})

test('a run that ended with a failed request can continue with that request', async () => {
  const look = recordingTool('look')
  const down = Array.from({ length: 3 }, () => ({ error: overloaded() }))
  const agent = new Agent({ model: scriptedModel([{ calls: [call('look')] }, ...down, { text: 'fine' }]), tools: [look] })
  const broken = resultIn(await failureOf(agent.generate('go')))
  const result = await agent.resume(moved(broken)).result

  expect(result.text).toBe('fine')
  expect(look.inputs).toHaveLength(1)
})

const script: readonly Answer[] = [
  { calls: [call('read', { place: 1 }), call('write', { place: 1 }), call('read', { place: 2 })] },
  { calls: [call('write', { place: 2 })] },
  { text: 'done' },
]

/** The answer that follows from the messages, as a real model's would. */
const answering = modelOf(async function* ({ messages }, options) {
  const answer = script[messages.filter(({ role }) => role === 'assistant').length] ?? {}
  yield* scriptedModel([answer]).stream({ messages }, options)
})

const typesOfARun: readonly RunEventType[] = ['run-start', 'step-start', 'attempt', 'tool-call-delta', 'message-end', 'tool-start', 'tool-end', 'step-end']

/** Aborts a run at its n-th event, in the very moment; `undefined` when it ended before. */
async function abortAtEvent(agent: Agent, place: number): Promise<RunResult | undefined> {
  const run = agent.stream('go')
  let seen = 0
  const count = (): void => {
    if (++seen === place) run.abort()
  }
  for (const type of typesOfARun) run.on(type, count)
  return await run.result.then(
    () => undefined,
    (error: { readonly result: RunResult }) => error.result,
  )
}

/** Aborts a run at its n-th event and continues it; a person answers that a write of unknown outcome was done. */
async function goOnAfter(place: number): Promise<{ readonly texts: unknown; readonly writes: readonly string[] }> {
  const writes: string[] = []
  const write = testTool(
    'write',
    async (input) => {
      await tick()
      writes.push(JSON.stringify(input))
      return 'written'
    },
    { effect: 'once' },
  )
  const agent = new Agent({ model: answering, tools: [testTool('read', () => 'seen'), write] })
  const aborted = await abortAtEvent(agent, place)
  if (aborted === undefined) throw new Error(`The run has no event ${place}.`)
  // A running body continues, so its effect happens but is not recorded.
  await tick()
  let result = await agent.resume(moved(aborted)).result
  if (result.status === 'paused') {
    const answers = Object.fromEntries(result.pending.map(({ id }) => [id, { output: 'written' }]))
    result = await agent.resume(moved(result), { answers }).result
  }
  return { texts: result.steps.map(({ toolResults }) => toolResults.map(({ text }) => text)), writes }
}

const places = Array.from({ length: 24 }, (_, index) => index + 1)

test('a run that was aborted at any of its events continues to the same end', async () => {
  for (const place of places) {
    const { texts } = await goOnAfter(place)
    expect([place, texts]).toEqual([place, [['seen', 'written', 'seen'], ['written'], []]])
  }
})

test('at whatever event a run was aborted, continuing it repeats no effect', async () => {
  for (const place of places) {
    const { writes } = await goOnAfter(place)
    expect([place, writes]).toEqual([place, [...new Set(writes)]])
  }
})

test('beside a call that waits for approval, one that was cut off: each pending question can be answered', async () => {
  const pay = payTool()
  const ship = testTool('ship', () => new Promise<string>(() => undefined), { effect: 'once' })
  const agent = new Agent({ model: scriptedModel([{ calls: [call('pay', { invoice: 1 }), call('ship')] }, { text: 'ok' }]), tools: [pay, ship] })
  let result = await agent.resume(moved(await abortAt(agent.stream('go'), 'tool-start'))).result
  const asked: Json[] = []
  for (let round = 0; result.status === 'paused' && round < 3; round++) {
    asked.push(result.pending.map(({ position }) => position))
    const answers = result.pending.map(({ id, about }) => [id, isOutcome(about) ? { output: 'shipped' } : approve()])
    result = await agent.resume(moved(result), { answers: Object.fromEntries(answers) }).result
  }

  expect(asked).toEqual([['steps/1/tools/0/approval'], ['steps/1/tools/1/outcome/1']])
  expect([result.text, pay.inputs.length]).toEqual(['ok', 1])
})

function isOutcome(about: Json): boolean {
  return typeof about === 'object' && about !== null && 'type' in about && about['type'] === 'outcome'
}
