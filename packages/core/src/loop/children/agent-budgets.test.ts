import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Agent } from '../../agent/agent.ts'
import type { Model } from '../../contract/model.ts'
import type { RunResult } from '../../contract/result.ts'
import { agentTool, ask, scripted } from '../../testing/agent-tools.ts'
import { failureOf, resultIn, soon } from '../../testing/runs.ts'
import { call, scriptedModel } from '../../testing/scripted-model.ts'
import { never, testTool } from '../../testing/test-tool.ts'

const prices = { currency: 'USD', input: 1_000_000, output: 2_000_000 }
const usage = { inputTokens: 100, outputTokens: 50, totalTokens: 150 }
const look = testTool('look')

/** Sums what the steps of a run and of all agents inside it report. */
function stepTokens({ steps, children }: RunResult): number {
  return [...steps, ...children.flatMap((child) => child.steps)].reduce((total, step) => total + (step.usage.totalTokens ?? 0), 0)
}

function workerOf(count: number, options: Partial<ConstructorParameters<typeof Agent>[0]> = {}, model?: Model): Agent {
  const answers = Array.from({ length: count }, (_, index) => ({ text: 'part', usage, ...(index < count - 1 && { calls: [call('look', { index })] }) }))
  return new Agent({ name: 'worker', model: model ?? scriptedModel(answers, { prices }), tools: [look], ...options })
}

function bossOf(tools: readonly ReturnType<typeof agentTool>[], options: Partial<ConstructorParameters<typeof Agent>[0]> = {}): Agent {
  const model = scriptedModel(
    [
      { calls: tools.map(({ name }) => ask(name)), usage },
      { text: 'end', usage },
    ],
    { prices },
  )
  return new Agent({ name: 'boss', model, tools, ...options })
}

test('usage and cost of a run are the exact sums of its own and of all agents inside it', async () => {
  const inner = new Agent({
    name: 'inner',
    model: scriptedModel(
      [
        { calls: [ask('deep')], usage },
        { text: 'ok', usage },
      ],
      { prices },
    ),
    tools: [agentTool('deep', workerOf(3))],
  })
  const result = await bossOf([agentTool('a', workerOf(2)), agentTool('b', inner)]).generate('go')
  expect(result.children.map(({ path, usage: own, cost }) => [path.join('>'), own.totalTokens, cost?.amountMicros])).toEqual([
    ['a#1', 300, 400],
    ['b#1', 300, 400],
    ['b#1>deep#1', 450, 600],
  ])
  expect(result.usage).toMatchObject({ inputTokens: 900, outputTokens: 450, totalTokens: 1_350, unknownAttempts: 0 })
  expect(result.cost).toEqual({ currency: 'USD', amountMicros: 1_800 })
})

test('the cost of a run is not known when the prices of an agent inside it are not', async () => {
  const worker = workerOf(1, {}, scriptedModel([{ text: 'ok', usage }]))
  expect((await bossOf([agentTool('a', worker)]).generate('go')).cost).toBeUndefined()
})

test('an agent inside a run sends no request that would pass a budget of the run, and the run says that it reached its limit', async () => {
  const result = await bossOf([agentTool('a', workerOf(9))], { limits: { tokens: 700 } }).generate('go')
  expect(result).toMatchObject({ stopReason: 'max-tokens', status: 'limit' })
  expect(result.children).toMatchObject([{ stopReason: 'max-tokens', status: 'limit' }])
  expect(result.steps[0]?.toolResults[0]?.text).toContain('it reached the limit of tokens')
  expect(result.usage.totalTokens).toBeLessThanOrEqual(700 + 150)
})

/** A model with replies of these sizes that calls a tool each time, and tells what all had spent when a request came. */
function spendingModel(sizes: readonly number[], toolName: string, spent: { total: number; readonly seen: number[] }): Model {
  let next = 0
  const answers = sizes.map((totalTokens, index) => ({
    text: 'x',
    calls: [call(toolName, { index })],
    usage: { inputTokens: 10, outputTokens: totalTokens - 10, totalTokens },
  }))
  const inner = scriptedModel(answers)
  return {
    ...inner,
    async *stream(request, options) {
      spent.seen.push(spent.total)
      spent.total += sizes[next++] ?? 0
      yield* inner.stream(request, options)
    },
  }
}

test('agents side by side never send a request that would pass a budget of the run, whatever replies were longer than expected', async () => {
  // A call of an unknown tool needs no operation, so the next request follows the reply at once.
  for (const toolName of ['look', 'unknown']) {
    for (const [first, second] of [
      [600, 50],
      [50, 600],
    ] as const) {
      const spent = { total: 0, seen: [] }
      const agentOf = (sizes: readonly number[]): Agent => workerOf(0, {}, spendingModel(sizes, toolName, spent))
      const tools = [agentTool('a', agentOf([first, 50, 50])), agentTool('b', agentOf([second, 50, 50]))]
      const result = await bossOf(tools, { limits: { tokens: 800 } }).generate('go')
      // 150 by the boss, 650 by both in their first round: nothing is left for a second one.
      expect([toolName, spent.seen]).toEqual([toolName, [0, first]])
      expect(result.children.map(({ stopReason }) => stopReason)).toEqual(['max-tokens', 'max-tokens'])
    }
  }
})

test('an agent gets its share of what is left, and what it does not use is there for the rest of the run', async () => {
  const half = agentTool('a', workerOf(9), { limits: { share: 0.25 } })
  const limited = await bossOf([half], { limits: { tokens: 2_150 } }).generate('go')
  expect(limited.children).toMatchObject([{ stopReason: 'max-tokens', usage: { totalTokens: expect.any(Number) } }])
  expect(limited.children[0]?.usage.totalTokens).toBeLessThanOrEqual(500 + 150)
  expect(limited.status).toBe('finished')
})

test('agents of one step share what is left, each its part', async () => {
  const tools = ['a', 'b'].map((name) => agentTool(name, workerOf(9)))
  const { children } = await bossOf(tools, { limits: { tokens: 1_350 } }).generate('go')
  for (const child of children) expect(child.usage.totalTokens).toBeLessThanOrEqual(600 + 150)
})

test('money is counted up to the root, and an agent whose cost cannot be counted is refused where it is known', async () => {
  const result = await bossOf([agentTool('a', workerOf(9))], { limits: { cost: 900 } }).generate('go')
  expect(result.stopReason).toBe('max-cost')
  expect(result.cost?.amountMicros).toBeLessThanOrEqual(900 + 200)

  const unpriced = workerOf(1, {}, scriptedModel([]))
  const other = workerOf(1, {}, scriptedModel([], { prices: { ...prices, currency: 'CNY' } }))
  expect(() => bossOf([agentTool('a', unpriced)], { limits: { cost: 900 } })).toThrow('its model test/scripted has no prices')
  expect(() => bossOf([agentTool('a', other)], { limits: { cost: 900 } })).toThrow('has prices in CNY')
  await expect(bossOf([agentTool('a', unpriced)]).generate('go', { limits: { cost: 900 } })).rejects.toMatchObject({ code: 'invalid-options' })
  const lazy = await bossOf([agentTool('a', () => unpriced)], { limits: { cost: 900 } }).generate('go')
  expect([lazy.children[0]?.stopReason, lazy.children[0]?.steps]).toEqual(['max-cost', []])
})

test('the time of agents is that of the run, and an agent does not outlast it', async () => {
  const slow = testTool('look', never)
  const worker = scripted([{ calls: [call('look')] }], { tools: [slow] })
  const boss = scripted([{ calls: [ask('a')] }], { tools: [agentTool('a', worker)], limits: { durationMs: 60 } })
  const result = await soon(boss.generate('go'))
  expect(result.stopReason).toBe('max-duration')
  expect(result.children).toMatchObject([{ stopReason: 'max-duration' }])
  expect(result.activeMs).toBeGreaterThanOrEqual(60)
})

test('an agent at its own time limit ends without ending the others', async () => {
  const worker = scripted([{ calls: [call('look')] }], { tools: [testTool('look', never)] })
  const boss = scripted([{ calls: [ask('a')] }, { text: 'end' }], { tools: [agentTool('a', worker, { limits: { durationMs: 20 } })] })
  const result = await soon(boss.generate('go'))
  expect(result).toMatchObject({ status: 'finished', text: 'end', children: [{ stopReason: 'max-duration' }] })
})

test('steps and tool calls of an agent are its own', async () => {
  const result = await bossOf([agentTool('a', workerOf(5))], { limits: { steps: 2, toolCalls: 2 } }).generate('go')
  expect(result).toMatchObject({ status: 'finished', toolCalls: 1, children: [{ toolCalls: 4 }] })
})

test('an abort ends agents inside agents at once, whatever their tools do, and charges the requests that it cut', async () => {
  const deep = new Agent({ name: 'deep', model: scriptedModel([{ text: 'so far', hangs: true }], { prices }) })
  // Its second call begins in the round of the request of `deep`.
  const looks = testTool('look', (input) => (JSON.stringify(input) === '{"index":2}' ? never() : 'seen'))
  const answers = [1, 2].map((index) => ({ calls: [call('look', { index })], usage }))
  const stuck = workerOf(0, { tools: [looks] }, scriptedModel(answers, { prices }))
  const inner = new Agent({ name: 'inner', model: scriptedModel([{ calls: [ask('deep')], usage }], { prices }), tools: [agentTool('deep', deep)] })
  const run = bossOf([agentTool('a', inner), agentTool('b', stuck)]).stream('go')
  run.on('text-delta', () => setImmediate(() => run.abort()))
  const error = await failureOf(run.result)
  const result = resultIn(error)
  expect(error.code).toBe('aborted')
  expect(result.usage.unknownAttempts).toBe(1)
  expect(result.children.map(({ path, status, stopReason }) => [path.join('>'), status, stopReason])).toEqual([
    ['a#1', 'unusable', 'aborted'],
    ['a#1>deep#1', 'unusable', 'aborted'],
    ['b#1', 'unusable', 'aborted'],
  ])
})

test('a stop begins nothing in any agent; what has begun is recorded, and the run continues there', async () => {
  const worker = workerOf(2)
  const boss = bossOf([agentTool('a', worker), agentTool('b', workerOf(3))])
  const run = boss.stream('go')
  run.on('attempt', ({ path }) => path && run.stop())
  const stopped = await run.result
  expect(stopped).toMatchObject({ status: 'paused', stopReason: 'stopped', children: [{ status: 'paused', stopReason: 'stopped' }, { status: 'paused' }] })
  const ended = await boss.resume(JSON.parse(JSON.stringify(stopped.state))).result
  expect(ended).toMatchObject({ status: 'finished', text: 'end' })
  expect(ended.usage.totalTokens).toBe(150 * 7)
})

test('the total of the ledger at the root is the sum of what all steps report, for any tree of agents', async () => {
  interface Tree {
    readonly steps: number
    readonly inside: readonly Tree[]
  }
  const tree: fc.Memo<Tree> = fc.memo((depth) =>
    fc.record({ steps: fc.integer({ min: 1, max: 4 }), inside: depth <= 1 ? fc.constant([]) : fc.array(tree(), { maxLength: 3 }) }),
  )
  const tokens = (seed: number): number => 20 + ((seed * 37) % 91)
  let seed = 0
  const agentOf = ({ steps, inside }: Tree): Agent => {
    const tools = inside.map((each, index) => agentTool(`agent_${index}`, agentOf(each)))
    const answers = Array.from({ length: steps + 1 }, (_, index) => {
      const totalTokens = tokens(++seed)
      const calls = index === 0 ? tools.map(({ name }) => ask(name)) : [call('look', { index })]
      return {
        text: 'x',
        usage: { inputTokens: totalTokens - 5, outputTokens: 5, totalTokens },
        ...(index < steps && { calls: calls.length > 0 ? calls : [call('look')] }),
      }
    })
    return new Agent({ model: scriptedModel(answers, { prices }), tools: [...tools, look] })
  }
  await fc.assert(
    fc.asyncProperty(tree(3), async (shape) => {
      const result = await agentOf(shape).generate('go')
      expect(result.status).toBe('finished')
      expect(result.usage.totalTokens).toBe(stepTokens(result))
      const children = result.children.reduce((total, { cost }) => total + (cost?.amountMicros ?? Number.NaN), 0)
      const own = result.steps.reduce((total, step) => total + (step.usage.inputTokens ?? 0) + 2 * (step.usage.outputTokens ?? 0), 0)
      expect(result.cost?.amountMicros).toBe(own + children)
    }),
    { numRuns: 40 },
  )
})
