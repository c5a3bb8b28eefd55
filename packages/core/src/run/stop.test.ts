import { beforeAll, expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve } from '../contract/answers.ts'
import { AgentError } from '../contract/errors.ts'
import type { Engine } from '../durability/hosts/engine.ts'
import { createLimiter } from '../retry/limiter.ts'
import { collect, failureOf, moved, openQuestion, soon, tick } from '../testing/runs.ts'
import { call, modelOf, overloaded, scriptedModel } from '../testing/scripted-model.ts'
import { never, payTool, recordingTool, testTool } from '../testing/test-tool.ts'
import { loadLoop } from './load-loop.ts'
import type { Run } from './run.ts'

// Reading the files of the loop is not the subject here.
beforeAll(async () => {
  await loadLoop()
})

const stopped = { status: 'paused', stopReason: 'stopped', pending: [] }

/** A tool whose calls end when the test ends them. */
function heldTool(name: string) {
  const waiting: (() => void)[] = []
  const inputs: unknown[] = []
  const tool = testTool(
    name,
    async (input) => {
      inputs.push(input)
      await new Promise<void>((resolve) => waiting.push(resolve))
      return `${name} done`
    },
    { effect: 'once' },
  )
  const release = (): void => {
    for (const resolve of waiting.splice(0)) resolve()
  }
  return { ...tool, inputs, release }
}

/** Stops a run once it showed an event of this type. */
function stopAt(run: Run, type: 'tool-start' | 'text-delta') {
  return new Promise<ReturnType<Run['stop']>>((resolve) => run.on(type, () => resolve(run.stop()))).then((result) => soon(result))
}

test('a tool that has begun ends and is recorded; nothing begins after it; the run continues from its state', async () => {
  const pay = heldTool('pay')
  const model = scriptedModel([{ calls: [call('pay', { amount: 5 })] }, { text: 'Paid.' }])
  const agent = new Agent({ model, tools: [pay] })
  const run = agent.stream('go')
  const result = stopAt(run, 'tool-start')
  await tick()
  pay.release()

  expect(await result).toMatchObject({ ...stopped, toolCalls: 1 })
  expect(model.requests).toHaveLength(1)
  expect(await agent.resume(moved(await result)).result).toMatchObject({ status: 'finished', text: 'Paid.' })
  expect([pay.inputs.length, model.requests.length]).toEqual([1, 2])
})

test('a reply that has begun to come is recorded, and its calls do not begin', async () => {
  const look = recordingTool('look')
  const model = scriptedModel([{ text: 'I look.', calls: [call('look')] }, { text: 'Done.' }])
  const agent = new Agent({ model, tools: [look] })
  const result = await stopAt(agent.stream('go'), 'text-delta')

  expect(result).toMatchObject({ ...stopped, messages: [{ role: 'user' }], usage: { totalTokens: 15, unknownAttempts: 0 } })
  expect(look.inputs).toEqual([])
  expect(await agent.resume(moved(result)).result).toMatchObject({ text: 'Done.' })
  expect([look.inputs.length, model.requests.length]).toEqual([1, 2])
})

test('a run whose last reply was coming ends as it would have', async () => {
  const agent = new Agent({ model: scriptedModel([{ text: 'Done.' }]) })
  expect(await stopAt(agent.stream('go'), 'text-delta')).toMatchObject({ status: 'finished', text: 'Done.' })
})

test.each([
  ['as it is announced', (stop: () => void) => stop()],
  ['while it waits', (stop: () => void) => void setImmediate(stop)],
])('a retry that only waits does not begin when the run is stopped %s, and counts as no request when the run continues', async (_, when) => {
  const busy = new AgentError('busy', { code: 'provider-overloaded', phase: 'headers', retryable: true, retryAfterMs: 30_000 })
  const model = scriptedModel([{ error: busy }, { text: 'Done.' }])
  const agent = new Agent({ model })
  const run = agent.stream('go', { retryAfterText: 'restart' })
  run.on('step-retry', () => when(() => void run.stop()))
  const result = await soon(run.result)

  expect(result).toMatchObject({ ...stopped, usage: { unknownAttempts: 1 } })
  const records = moved(result).records.map((record) => (record['retryInMs'] === undefined ? record : { ...record, retryInMs: 0 }))
  const again = records.map((record) => (record['type'] === 'done' ? { ...record, output: { ...(record['output'] as object), retryInMs: 0 } } : record))
  const resumed = await soon(agent.resume({ ...moved(result), records: again }).result)
  expect(resumed).toMatchObject({ text: 'Done.', steps: [{ attempts: 2 }], usage: { unknownAttempts: 1 } })
})

test('a request that waits for a permit does not begin, and takes no permit', async () => {
  const limiter = createLimiter({ concurrency: 1 })
  const held = await limiter.acquire(0, new AbortController().signal)
  const model = { ...scriptedModel([{ text: 'Done.' }]), limiter }
  const run = new Agent({ model }).stream('go')
  await tick()
  expect(await soon(run.stop())).toMatchObject(stopped)
  held.release()
  // The run left no request in the queue, so the only permit goes to the next one that asks.
  const next = await soon(limiter.acquire(0, new AbortController().signal))
  const isTaken = await Promise.race([limiter.acquire(0, new AbortController().signal).then(() => false), tick().then(() => true)])
  next.release()
  expect(isTaken).toBe(true)
})

test('of calls that run one at a time the second does not begin, and only it runs when the run continues', async () => {
  const pay = heldTool('pay')
  const model = scriptedModel([{ calls: [call('pay', { n: 1 }), call('pay', { n: 2 })] }, { text: 'Paid.' }])
  const agent = new Agent({ model, tools: [pay], toolCallConcurrency: 1 })
  const result = stopAt(agent.stream('go'), 'tool-start')
  await tick()
  pay.release()
  const { state } = await result
  expect(state?.records.map(({ type, id }) => `${type} ${id}`).slice(-2)).toEqual(['start steps/1/tools/0', 'done steps/1/tools/0'])

  const resumed = agent.resume(moved(await result)).on('tool-start', () => setImmediate(pay.release))
  expect(await soon(resumed.result)).toMatchObject({ text: 'Paid.' })
  expect(pay.inputs).toEqual([{ n: 1 }, { n: 2 }])
})

test('a run that is stopped before it began sends nothing, and its state starts it', async () => {
  const model = scriptedModel([{ text: 'Done.' }])
  const agent = new Agent({ model })
  const result = await soon(agent.stream('go').stop())
  expect([result.stopReason, model.requests.length]).toEqual(['stopped', 0])
  expect(await agent.resume(moved(result)).result).toMatchObject({ text: 'Done.' })
})

test('a question to a person is still asked: the run is paused for it', async () => {
  const look = heldTool('look')
  const model = scriptedModel([{ calls: [call('look'), call('pay')] }, { text: 'Paid.' }])
  const agent = new Agent({ model, tools: [look, payTool()] })
  const result = stopAt(agent.stream('go'), 'tool-start')
  await tick()
  look.release()
  expect(await result).toMatchObject({ stopReason: 'paused', pending: [{ about: { toolName: 'pay' } }] })
  const answers = { [openQuestion(await result)]: approve() }
  expect(await agent.resume(moved(await result), { answers }).result).toMatchObject({ text: 'Paid.' })
})

test('work that does not end within the grace period is aborted', async () => {
  const agent = new Agent({ model: scriptedModel([{ calls: [call('stuck')] }]), tools: [testTool('stuck', never)] })
  const run = agent.stream('go')
  run.on('tool-start', () => void run.stop({ graceMs: 20 }))
  const failure = await failureOf(run.result)
  expect(failure).toMatchObject({ code: 'aborted', cause: { name: 'TimeoutError' }, result: { state: {} } })
})

test('calling stop() without awaiting its result causes no unhandled rejection, even if the run is aborted', async () => {
  const rejections: unknown[] = []
  const note = (reason: unknown): void => void rejections.push(reason)
  process.on('unhandledRejection', note)
  const agent = new Agent({ model: scriptedModel([{ calls: [call('stuck')] }]), tools: [testTool('stuck', never)] })
  const run = agent.stream('go')
  run.on('tool-start', () => void run.stop({ graceMs: 0 }))
  await collect(run).catch(() => {})
  await tick()
  process.off('unhandledRejection', note)
  expect(rejections).toEqual([])
})

test('a run can be stopped twice, and after its end: the result is the same', async () => {
  const run = new Agent({ model: scriptedModel([{ text: 'Done.' }]) }).stream('go')
  const result = await run.result
  expect(await run.stop({ graceMs: 0 })).toBe(result)
  expect(await run.stop()).toBe(result)
})

test('the last event of a stopped run says so', async () => {
  const run = new Agent({ model: scriptedModel([{ text: 'Done.' }]) }).stream('go')
  void run.stop()
  expect((await collect(run)).at(-1)).toMatchObject({ type: 'run-end', status: 'paused', stopReason: 'stopped' })
})

test('stop() of a run on an engine is refused, and the run continues', async () => {
  const engine: Engine = { scope: {}, steps: (steps) => Promise.all(steps.map(({ run }) => run())), decisions: () => never() }
  const run = new Agent({ model: scriptedModel([{ text: 'Done.' }]) }).stream('go', { engine, runId: 'r' })
  expect(await failureOf(run.stop())).toMatchObject({ code: 'invalid-use', message: expect.stringContaining('Drain its worker') })
  expect(await run.result).toMatchObject({ text: 'Done.' })
})

test.each([{ graceMs: -1 }, { graceMs: Number.NaN }, { graceMs: Number.POSITIVE_INFINITY }, { grace: 5 }])('the options %j are refused', async (options) => {
  const run = new Agent({ model: scriptedModel([{ text: 'Done.' }]) }).stream('go')
  expect(await failureOf(run.stop(options as never))).toMatchObject({ code: 'invalid-options' })
  expect(await run.result).toMatchObject({ text: 'Done.' })
})

test('a failed request that would be sent again ends a stopped run as stopped, not as failed', async () => {
  const model = modelOf(async function* () {
    yield [{ type: 'reasoning-delta', delta: 'hm' }]
    await tick()
    throw overloaded()
  })
  const run = new Agent({ model }).stream('go')
  run.on('reasoning-delta', () => void run.stop())
  expect(await soon(run.result)).toMatchObject(stopped)
})
