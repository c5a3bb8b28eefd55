import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { Agent } from '../agent/agent.ts'
import type { Engine } from '../durability/hosts/engine.ts'
import { createLimiter } from '../retry/limiter.ts'
import { call, overloaded, scriptedModel } from '../testing/scripted-model.ts'
import { never, recordingTool } from '../testing/test-tool.ts'
import { loadLoop } from './load-loop.ts'

// Reading the files of the loop is not the subject here.
beforeAll(async () => {
  await loadLoop()
})
afterEach(() => vi.useRealTimers())

const engine = (): Engine => ({ scope: {}, steps: (steps) => Promise.all(steps.map(({ run }) => run())), decisions: () => never() })

test.each([
  ['in memory', () => ({})],
  ['on an engine', () => ({ engine: engine(), runId: 'r' })],
])('a run %s ends while all timers of the process are fake, with tools, a retry and a limiter', async (_, options) => {
  vi.useFakeTimers()
  const look = recordingTool('look')
  const answers = [{ error: overloaded() }, { calls: [call('look')] }, { text: 'Done.' }]
  const model = { ...scriptedModel(answers), limiter: createLimiter({ concurrency: 1 }) }
  const run = new Agent({ model, tools: [look], limits: { durationMs: 1_000 }, attempts: { delayMs: 0 } }).stream('go', options())
  const types: string[] = []
  for await (const { type } of run) types.push(type)
  expect(types.at(-1)).toBe('run-end')
  expect(look.inputs).toHaveLength(1)
  expect(vi.getTimerCount()).toBe(0)
})
