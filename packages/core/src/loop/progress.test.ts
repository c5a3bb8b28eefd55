import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Agent } from '../agent/agent.ts'
import type { Json } from '../contract/json.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'
import { ProgressReports } from './progress.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Reports whose consumers keep up, unless they wait for `behind`. */
function setUp(behind: () => Promise<void> | undefined = () => undefined) {
  const shown: Json[] = []
  const reports = new ProgressReports({ show: (data) => void shown.push(data), room: behind })
  return { shown, reports }
}

test('the first report is shown at once, then the newest every 100 ms', async () => {
  const { shown, reports } = setUp()
  for (const data of [1, 2, 3]) reports.report(data)
  expect(shown).toEqual([1])
  await vi.advanceTimersByTimeAsync(100)
  expect(shown).toEqual([1, 3])
  reports.report(4)
  expect(shown).toEqual([1, 3])
  await vi.advanceTimersByTimeAsync(300)
  reports.report(5)
  expect(shown).toEqual([1, 3, 4, 5])
})

test('while consumers are behind, only the newest report waits for them', async () => {
  let behind: Promise<void> | undefined
  let release = (): void => undefined
  const { shown, reports } = setUp(() => behind)
  behind = new Promise((resolve) => {
    release = resolve
  })
  for (const data of [1, 2, 3]) reports.report(data)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(shown).toEqual([])
  behind = undefined
  release()
  await vi.advanceTimersByTimeAsync(0)
  expect(shown).toEqual([3])
})

test('the end shows the last report, and what comes later is ignored', async () => {
  const { shown, reports } = setUp()
  for (const data of [1, 2, 3]) reports.report(data)
  reports.close()
  reports.report(4)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(shown).toEqual([1, 3])
})

test('E31: a million reports are shown as the first and the last', () => {
  const { shown, reports } = setUp()
  for (let index = 0; index < 1_000_000; index++) reports.report(index)
  reports.close()
  expect(shown).toEqual([0, 999_999])
})

test('a report that has no JSON form is dropped', async () => {
  const { shown, reports } = setUp()
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  for (const data of [5n, circular, undefined, 'next']) {
    reports.report(data as Json)
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(shown).toEqual(['next'])
})

test('E32: a listener of progress that throws does not break the call', async () => {
  vi.useRealTimers()
  const tool = testTool('slow', (_input, { progress }) => {
    progress('half')
    return 'whole'
  })
  const run = new Agent({ model: scriptedModel([{ calls: [call('slow')] }, { text: 'ok' }]), tools: [tool] }).stream('go')
  const seen: Json[] = []
  run.on('tool-progress', ({ data }) => {
    seen.push(data)
    throw new Error('listener')
  })
  expect((await run.result).steps[0]?.toolResults[0]).toMatchObject({ status: 'ok', text: 'whole' })
  expect(seen).toEqual(['half'])
})
