import { expect, test, vi } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { AgentError } from '../contract/errors.ts'
import type { Tool } from '../contract/tool.ts'
import type { Journal, RunHead } from '../durability/journal.ts'
import { createLimiter } from '../retry/limiter.ts'
import { failureOf, moved, openQuestion, soon, tick } from '../testing/runs.ts'
import { call, modelOf, replyEvent, scriptedModel } from '../testing/scripted-model.ts'
import { never, payTool, recordingTool, testTool } from '../testing/test-tool.ts'

const limits = { durationMs: 50 }
const calls = (name: string, count: number) => ({ calls: Array.from({ length: count }, (_, place) => call(name, { place })) })

/** A clock and timers that the test moves. */
function controlClock() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => clock.now)
  const clock = {
    now: 0,
    /** Moves the clock to a time, and fires the timers that are set. */
    fireAt(ms: number): void {
      clock.now = ms
      vi.runOnlyPendingTimers()
    },
    [Symbol.dispose](): void {
      spy.mockRestore()
      vi.useRealTimers()
    },
  }
  return clock
}

test.each(['prepareStep', 'stopWhen'] as const)('a %s that never settles meets the time limit', async (option) => {
  const model = scriptedModel([{ calls: [call('look')] }, { text: 'ok' }])
  const agent = new Agent({ model, tools: [testTool('look')], limits, [option]: never })
  await expect(soon(agent.generate('go'))).resolves.toMatchObject({ stopReason: 'max-duration' })
})

test('no request is sent when prepareStep took all the time', async () => {
  const model = scriptedModel([{ text: 'ok' }])
  await new Agent({ model, limits, prepareStep: never }).generate('go')
  expect(model.requests).toHaveLength(0)
})

test('a person is asked where needsApproval does not settle in time', async () => {
  const tool = testTool('look', () => 'seen', { needsApproval: never })
  const agent = new Agent({ model: scriptedModel([{ calls: [call('look')] }]), tools: [tool], limits })
  await expect(soon(agent.generate('go'))).resolves.toMatchObject({ status: 'paused' })
})

test('calls that queue share the time that the run has left', async () => {
  const agent = new Agent({ model: scriptedModel([calls('stuck', 10)]), tools: [testTool('stuck', never)], toolCallConcurrency: 1, limits })
  const result = await agent.generate('go')

  expect(result.stopReason).toBe('max-duration')
  expect(result.activeMs).toBeLessThan(10 * limits.durationMs)
})

test('a call that is still queued at the time limit is not started', async () => {
  const agent = new Agent({ model: scriptedModel([calls('stuck', 3)]), tools: [testTool('stuck', never)], toolCallConcurrency: 1, limits })
  const { steps } = await agent.generate('go')

  expect(steps[0]?.toolResults.map(({ status }) => status)).toEqual(['abandoned', 'skipped', 'skipped'])
})

test('the active time of a batch that queued is its complete time', async () => {
  const slow = testTool('slow', () => new Promise((resolve) => setTimeout(() => resolve('done'), 20)))
  const agent = new Agent({ model: scriptedModel([calls('slow', 4), { text: 'ok' }]), tools: [slow], toolCallConcurrency: 1 })
  // A timer may fire up to a millisecond early.
  expect((await agent.generate('go')).activeMs).toBeGreaterThan(4 * 19)
})

test('an approved tool is not started when no time is left', async () => {
  const pay = payTool()
  const agent = new Agent({ model: scriptedModel([{ calls: [call('stuck'), call('pay')] }]), tools: [testTool('stuck', never), pay], limits })
  const paused = await agent.generate('go')
  const result = await agent.resume(moved(paused), { answers: { [openQuestion(paused)]: { approve: true } } }).result

  expect(result.steps[0]?.toolResults[1]?.status).toBe('skipped')
  expect(pay.inputs).toEqual([])
})

test('waiting for a person takes no active time', async () => {
  const agent = new Agent({ model: scriptedModel([{ calls: [call('pay')] }, { text: 'ok' }]), tools: [payTool()] })
  const started = performance.now()
  const paused = await agent.generate('go')
  await new Promise((resolve) => setTimeout(resolve, 40))
  const result = await agent.resume(moved(paused), { answers: { [openQuestion(paused)]: { approve: true } } }).result

  // A timer may fire up to a millisecond early.
  expect(result.activeMs).toBeLessThan(performance.now() - started - 39)
})

test('a check of the answer that never settles meets the time limit', async () => {
  const output = { schema: { type: 'object' }, parse: never }
  const agent = new Agent({ model: scriptedModel([{ text: '{}' }]), output, outputMode: 'text', limits })
  await expect(soon(agent.generate('go'))).resolves.toMatchObject({ stopReason: 'max-duration' })
})

test('a closing answer that the time limit cut keeps the text that came', async () => {
  const model = scriptedModel([{ calls: [call('look')] }, { text: 'Half', hangs: true }])
  const agent = new Agent({ model, tools: [recordingTool('look')], limits: { steps: 1, durationMs: 100 } })
  await expect(agent.generate('go')).resolves.toMatchObject({ stopReason: 'max-steps', text: 'Half' })
})

test('calls that began some microseconds after the first that is late are late too', async () => {
  using clock = controlClock()
  const untilAborted: Tool['run'] = (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  let begun = 0
  const check: Tool['check'] = (value) => {
    clock.now += 0.1
    // The limit of the first call is reached, and that of the others almost.
    if (++begun === 10) setImmediate(() => clock.fireAt(61))
    return { ok: true, value }
  }
  const busy = testTool('busy', undefined, { check, run: untilAborted })
  const agent = new Agent({ model: scriptedModel([calls('busy', 10)]), tools: [busy], limits: { durationMs: 60 } })
  const { steps } = await agent.generate('go')
  expect(steps[0]?.toolResults.map(({ status }) => status)).toEqual(Array(10).fill('abandoned'))
})

test('a call that was interrupted by a failed run has an end event', async () => {
  let left: AbortSignal | undefined
  const slow = testTool('slow', (_, { signal }) => {
    left = signal
    return never()
  })
  const broken = { ...testTool('broken'), effect: 'read' as const }
  const failing: Journal = {
    open: async (_, head) => ({
      head: head as RunHead,
      records: [],
      decisions: [],
      append: async (records) => {
        if (records.some(({ id, type }) => type === 'done' && id.includes('tools'))) throw new Error('no disk')
      },
      readDecisions: async () => [],
      close: async () => {},
    }),
    read: () => Promise.reject(new Error('not used')),
    decide: () => Promise.reject(new Error('not used')),
    list: async () => ({ runs: [] }),
    delete: async () => {},
  }
  const agent = new Agent({ model: scriptedModel([{ calls: [call('slow'), call('broken')] }]), tools: [slow, broken] })
  expect(await failureOf(agent.generate('go', { journal: failing }))).toMatchObject({ code: 'journal-failed' })
  expect(left?.aborted).toBe(true)
})

test('waiting for a permit of a limiter is not active time', async () => {
  using clock = controlClock()
  const limiter = createLimiter({ concurrency: 1 })
  const slow = modelOf(async function* () {
    clock.now += 60
    yield [replyEvent([{ type: 'text', text: 'ok' }])]
  })
  const agent = new Agent({ model: { ...slow, limiter }, limits: { durationMs: 200 } })
  const results = await Promise.all(Array.from({ length: 8 }, () => agent.generate('go')))
  expect(results.map(({ stopReason }) => stopReason)).toEqual(Array(8).fill('finished'))
  expect(Math.max(...results.map(({ activeMs }) => activeMs))).toBeLessThan(200)
})

test('a delay before a retry is active time: a run ends at its limit and sends nothing more', async () => {
  const busy = new AgentError('busy', { code: 'provider-overloaded', phase: 'headers', retryable: true, retryAfterMs: 30_000 })
  const model = scriptedModel([{ error: busy }, { text: 'Done.' }])
  const result = await soon(new Agent({ model, limits: { durationMs: 50 } }).generate('go'))
  expect(result).toMatchObject({ stopReason: 'max-duration', usage: { unknownAttempts: 1 } })
  expect(result.activeMs).toBeGreaterThanOrEqual(50)
  expect(model.requests).toHaveLength(1)
})

test('an abort while a request waits for a permit ends the run, and takes no permit', async () => {
  const limiter = createLimiter({ concurrency: 1 })
  const held = await limiter.acquire(0, new AbortController().signal)
  const run = new Agent({ model: { ...scriptedModel([{ text: 'Done.' }]), limiter } }).stream('go')
  const failure = failureOf(run.result)
  await tick()
  run.abort()
  expect(await failure).toMatchObject({ code: 'aborted', result: { usage: { unknownAttempts: 0 } } })
  held.release()
  // The run left no request in the queue, so the only permit goes to the next one that asks.
  const next = await soon(limiter.acquire(0, new AbortController().signal))
  const isTaken = await Promise.race([limiter.acquire(0, new AbortController().signal).then(() => false), tick().then(() => true)])
  next.release()
  expect(isTaken).toBe(true)
})
