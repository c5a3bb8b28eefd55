import { Agent, AgentError } from 'capstan'
import { call, fakeClock, scriptedModel, startSimulator } from 'capstan/testing'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { evolink, tool } from '../index.ts'

// The first call reads files through the test runner, which Node does not show as work.
beforeAll(async () => {
  const look = tool({ name: 'look', description: 'Looks.', inputSchema: { type: 'object' }, execute: () => 'seen' })
  await new Agent({ model: scriptedModel([call('look'), 'Done.']), tools: [look] }).generate('go')
})

let clock: ReturnType<typeof fakeClock> | undefined
afterEach(() => clock?.restore())

const busy = (retryAfterMs: number): AgentError => new AgentError('busy', { code: 'rate-limited', phase: 'headers', retryable: true, retryAfterMs })

test('timers fire in order, and what they start has its turn first', async () => {
  clock = fakeClock({ now: new Date('2026-05-01T10:00:00Z') })
  const seen: string[] = []
  const log = (name: string) => () => seen.push(`${name} ${new Date().toISOString().slice(17, 23)}`)
  setTimeout(log('late'), 2_000)
  setTimeout(async () => {
    log('early')()
    await Promise.resolve()
    setTimeout(log('nested'), 500)
  }, 1_000)
  const repeated = setInterval(log('tick'), 900)
  const cleared = setTimeout(log('never'), 10)
  clearTimeout(cleared)
  await clock.advance(1_500)
  expect(seen).toEqual(['tick 00.900', 'early 01.000', 'nested 01.500'])
  await clock.advance(500)
  clearInterval(repeated)
  expect(seen.slice(3)).toEqual(['tick 01.800', 'late 02.000'])
  expect(clock.now).toBe(Date.UTC(2026, 4, 1, 10, 0, 2))
  expect(new Date(0) instanceof Date && performance.now() > 0).toBe(true)
})

test('run() lets a run wait for a minute in no time', async () => {
  const realStart = process.hrtime.bigint()
  clock = fakeClock()
  const before = clock.now
  const slow = tool({
    name: 'slow',
    description: 'Waits.',
    inputSchema: { type: 'object' },
    execute: () => new Promise((resolve) => setTimeout(() => resolve('waited'), 20_000)),
  })
  const model = scriptedModel([busy(30_000), call('slow'), 'Done.'])
  const result = await clock.run(new Agent({ model, tools: [slow] }).generate('go'))
  expect(result.text).toBe('Done.')
  expect(clock.now - before).toBeGreaterThanOrEqual(50_000)
  expect(clock.timers).toBe(0)
  expect(Number(process.hrtime.bigint() - realStart) / 1e6).toBeLessThan(9_000)
})

test('a time limit of a run passes when the clock moves past it', async () => {
  clock = fakeClock()
  const model = scriptedModel([{ text: 'so far', hangs: true }])
  const result = new Agent({ model }).generate('go', { limits: { durationMs: 60_000 } })
  await clock.advance(59_000)
  const later = await Promise.race([result.then(({ stopReason }) => stopReason), Promise.resolve('still running')])
  expect(later).toBe('still running')
  await clock.advance(2_000)
  expect((await result).stopReason).toBe('max-duration')
})

test('requests over real sockets work while the clock does not move', async () => {
  await using simulator = await startSimulator({ script: [{ text: 'Hello.' }, { text: 'Hi.' }] })
  const agent = new Agent({ model: evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey: 'test' }) })
  // The first request loads files.
  await agent.generate('go')
  clock = fakeClock()
  expect((await clock.run(agent.generate('go'))).text).toBe('Hi.')
  simulator.assertDone()
})

test('a second clock is refused until the first is restored, and everything real comes back', () => {
  const real = [setTimeout, Date, performance.now]
  clock = fakeClock()
  expect(() => fakeClock()).toThrow(expect.objectContaining({ code: 'invalid-use' }))
  clock.restore()
  expect([setTimeout, Date, performance.now]).toEqual(real)
  clock = fakeClock()
  expect(() => fakeClock({ start: 1 } as never)).toThrow('`start` is not an option of fakeClock()')
})

test('run() passes a rejection on', async () => {
  clock = fakeClock()
  await expect(clock.run(new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 5_000)))).rejects.toThrow('late')
})
