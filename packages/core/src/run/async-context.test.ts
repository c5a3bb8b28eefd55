import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve } from '../contract/answers.ts'
import type { Json } from '../contract/json.ts'
import type { Model } from '../contract/model.ts'
import { decideOn } from '../durability/decisions.ts'
import type { Engine, EngineStep } from '../durability/hosts/engine.ts'
import type { Journal, OpenRun } from '../durability/journal.ts'
import { createLimiter } from '../retry/limiter.ts'
import { soon } from '../testing/runs.ts'
import { modelOf, replyEvent } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'

const storage = new AsyncLocalStorage<string>()

/** Runs work of other code in its own asynchronous context, as a shared worker does. */
class Worker {
  readonly #waiting: (() => void)[] = []

  /** Runs the work soon, together with what others have handed over by then. */
  run<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => void Promise.resolve().then(work).then(resolve, reject))
      if (this.#waiting.length > 1) return
      storage.run('worker', () => setImmediate(() => this.#drain()))
    })
  }

  #drain(): void {
    for (const work of this.#waiting.splice(0)) work()
  }
}

const worker = new Worker()

const journal: Journal = {
  async open(runId, head): Promise<OpenRun> {
    if (head === undefined) throw new Error(`There is no run '${runId}'.`)
    const written = (): Promise<void> => worker.run(() => {})
    return { head, records: [], decisions: [], append: written, readDecisions: () => worker.run(() => []), close: written }
  },
  read: () => Promise.reject(new Error('Not in this test.')),
  decide: () => Promise.reject(new Error('Not in this test.')),
  list: async () => ({ runs: [] }),
  delete: async () => {},
}

function engineElsewhere(): Engine {
  return {
    scope: {},
    steps: (steps: readonly EngineStep[]) => Promise.all(steps.map(({ run }) => worker.run<Json>(run))),
    decisions: (questions) => worker.run(() => decideOn({ questions, decided: [], answers: Object.fromEntries(questions.map(({ id }) => [id, approve()])) })),
  }
}

const hosts: readonly (readonly [string, () => object])[] = [
  ['in memory', () => ({})],
  ['with a journal', () => ({ journal })],
  ['on an engine that runs steps elsewhere', () => ({ engine: engineElsewhere() })],
]

test.each(hosts)('two runs side by side %s: the code of the caller sees the asynchronous context of its own run', async (_, options) => {
  const seen: string[] = []
  const note = (what: string): void => void seen.push(`${what} in ${storage.getStore()}`)
  const gate = (): boolean => {
    note('needsApproval')
    return false
  }
  const look = testTool(
    'look',
    async () => {
      note('tool')
      await worker.run(() => {})
      note('tool, later')
      return 'looked'
    },
    { effect: 'once', needsApproval: gate },
  )
  const script: Model['stream'] = async function* ({ messages }) {
    await worker.run(() => {})
    note('model')
    yield [{ type: 'text-delta', delta: 'x' }]
    const calls = messages.length > 1 ? [] : [toolCall(0), toolCall(1)]
    yield [replyEvent([{ type: 'text', text: 'x' }, ...calls])]
  }
  const prepareStep = (): undefined => note('prepareStep') as undefined
  const limiter = createLimiter({ concurrency: 1 })
  const agent = new Agent({ model: { ...modelOf(script), limiter }, tools: [look], prepareStep })
  const runIn = (name: string) =>
    storage.run(name, () => {
      const run = agent.stream('go', { ...options(), runId: name })
      return run.on('text-delta', () => note('listener')).result
    })
  const results = [runIn('a'), runIn('b')]
  await soon(Promise.all(results))

  const hooks = ['model', 'model', 'listener', 'listener', 'needsApproval', 'needsApproval', 'prepareStep', 'prepareStep']
  const each = [...hooks, 'tool', 'tool', 'tool, later', 'tool, later']
  expect(seen.sort()).toEqual([...each.map((what) => `${what} in a`), ...each.map((what) => `${what} in b`)].sort())
})

function toolCall(index: number) {
  return { type: 'tool-call' as const, toolCallId: `call_${index}`, toolName: 'look', inputText: '{}' }
}
