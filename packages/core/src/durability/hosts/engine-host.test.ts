import { expect, test, vi } from 'vitest'
import { Agent } from '../../agent/agent.ts'
import type { Model } from '../../contract/model.ts'
import type { PendingQuestion } from '../../contract/result.ts'
import { NumberedEngine } from '../../testing/numbered-engine.ts'
import { failureOf, moved, soon, tick } from '../../testing/runs.ts'
import { call, modelOf, replyEvent, scriptedModel } from '../../testing/scripted-model.ts'
import { never, payTool, testTool } from '../../testing/test-tool.ts'
import { EngineHost } from './engine-host.ts'

const replies = [[call('look'), call('book')], [call('pay', { amount: 5 })], []]

/** Answers by the messages it is sent, as a model does: a request that is sent again gets the same answer. */
function askedModel(requests: string[]): Model {
  return modelOf(async function* ({ messages }) {
    const step = messages.filter(({ role }) => role === 'assistant').length
    requests.push(`model ${step + 1}`)
    const calls = (replies[step] ?? []).map(({ name, input }, index) => ({
      type: 'tool-call' as const,
      toolCallId: `call_${index}`,
      toolName: name,
      inputText: JSON.stringify(input),
    }))
    yield [replyEvent([{ type: 'text', text: `Step ${step + 1}.` }, ...calls])]
  })
}

function shop(effects: string[]) {
  const toolOf = (name: string, effect: 'read' | 'idempotent' | 'once', needsApproval = false) =>
    testTool(
      name,
      (_, { idempotencyKey }) => {
        effects.push(`${name} ${idempotencyKey}`)
        return `${name} done`
      },
      { effect, needsApproval },
    )
  const tools = [toolOf('look', 'read'), toolOf('book', 'idempotent'), toolOf('pay', 'once', true)]
  return new Agent({ model: askedModel(effects), tools })
}

test('the same agent runs on an engine as in memory, and waits there for people', async () => {
  const effects: string[] = []
  const engine = new NumberedEngine()
  const result = await soon(shop(effects).generate('go', { engine, runId: 'r' }))
  expect(result).toMatchObject({ stopReason: 'finished', text: 'Step 3.', toolCalls: 3, state: undefined })
  expect(effects).toEqual(['model 1', 'look r/steps/1/tools/0', 'book r/steps/1/tools/1', 'model 2', 'pay r/steps/2/tools/0', 'model 3'])
  expect(engine.recorded.map(({ name }) => name)).toEqual([
    'start start',
    'steps/1/model/1 model',
    'steps/1/tools/0 tool look',
    'steps/1/tools/1 tool book',
    'steps/2/model/1 model',
    'steps/2/tools/0/needs-approval needs-approval pay',
    'steps/2/tools/0 start',
    'steps/2/tools/0 tool pay',
    'steps/3/model/1 model',
  ])
})

test('wherever its process dies, the run ends the same on the engine, and what is recorded is not done again', async () => {
  const whole = await shop([]).generate('go', { engine: new NumberedEngine(), runId: 'r' })
  for (let crashAfter = 0; crashAfter < 9; crashAfter++) {
    const effects: string[] = []
    const { recorded } = await crashed(effects, crashAfter)
    const before = effects.length
    const engine = new NumberedEngine(recorded)
    const result = await soon(shop(effects).generate('go', { engine, runId: 'r' }))
    expect(result.messages).toEqual(whole.messages)
    expect(effects.filter((line) => line.startsWith('pay'))).toHaveLength(1)
    expect(engine.asked.includes('steps/2/tools/0/outcome/1')).toBe(crashAfter === 7)
    expect(effects.length - before).toBeLessThanOrEqual(6 - Math.min(Math.max(crashAfter - 1, 0), 3))
    expect(new Set(effects).size).toBe(6)
  }
})

/** A run whose engine stopped after so many values. */
async function crashed(effects: string[], crashAfter: number): Promise<NumberedEngine> {
  const engine = new NumberedEngine([], crashAfter)
  void shop(effects).generate('go', { engine, runId: 'r' })
  for (let turn = 0; turn < 50; turn++) await tick()
  return engine
}

test('if the engine executes a step again while its body is running, it waits for that body', async () => {
  let finish: (text: string) => void = () => {}
  let started = 0
  const slow = testTool(
    'slow',
    () => {
      started++
      return new Promise<string>((resolve) => {
        finish = resolve
      })
    },
    { effect: 'once' },
  )
  const agent = new Agent({ model: scriptedModel([{ calls: [call('slow')] }, { text: 'done' }]), tools: [slow] })
  const first = new NumberedEngine()
  void agent.generate('go', { engine: first, runId: 'r' })
  for (let turn = 0; turn < 20; turn++) await tick()
  const second = Object.assign(new NumberedEngine(first.recorded.map((record) => ({ ...record }))), { scope: first.scope })
  const result = agent.generate('go', { engine: second, runId: 'r' })
  for (let turn = 0; turn < 20; turn++) await tick()
  finish('once is enough')
  expect((await soon(result)).steps[0]?.toolResults[0]?.text).toBe('once is enough')
  expect(started).toBe(1)
})

test('a run that was paused in memory continues on an engine', async () => {
  const effects: string[] = []
  const agent = shop(effects)
  const paused = await agent.generate('go', { runId: 'r' })
  expect(paused.stopReason).toBe('paused')
  const result = await soon(agent.resume(moved(paused), { engine: new NumberedEngine() }).result)
  expect(result).toMatchObject({ stopReason: 'finished', text: 'Step 3.' })
  expect(new Set(effects).size).toBe(effects.length)
})

test('a defect in a body is a value for the engine, which would run it again otherwise', async () => {
  const engine = new NumberedEngine()
  const options = { runId: 'r', signal: new AbortController().signal, emit: () => {}, room: () => undefined }
  const host = new EngineHost(options, engine)
  const broken = { id: 'a', name: 'work', effect: 'read' as const, run: () => Promise.reject(new Error('a bug')) }
  expect(await failureOf(host.perform([broken]))).toMatchObject({ code: 'internal', message: expect.stringContaining('a bug') })
  expect(engine.recorded).toEqual([{ name: 'a work', value: { defect: expect.stringContaining('a bug') } }])
})

test('if the engine stops an execution, the run ends with the error of the engine as cause, and the signal of bodies aborts', async () => {
  const cancelled = new Error('cancelled')
  let seen: AbortSignal | undefined
  const wait = testTool('wait', (_, { signal }) => {
    seen = signal
    return new Promise<string>(() => {})
  })
  const engine = new NumberedEngine()
  const steps = engine.steps.bind(engine)
  engine.steps = (list) => (list[0]?.name.includes('wait') ? Promise.race([steps(list), tick().then(() => Promise.reject(cancelled))]) : steps(list))
  const agent = new Agent({ model: scriptedModel([{ calls: [call('wait')] }]), tools: [wait] })
  const error = await failureOf(agent.generate('go', { engine, runId: 'r' }))
  expect(error).toMatchObject({ code: 'engine-failed', cause: cancelled })
  expect(seen?.aborted).toBe(true)
})

test('an abort ends a run on an engine at once', async () => {
  const engine = new NumberedEngine()
  const agent = new Agent({ model: scriptedModel([{ text: 'So', hangs: true }]) })
  const run = agent.stream('go', { engine, runId: 'r' })
  run.on('text-delta', () => run.abort())
  expect(await failureOf(run.result)).toMatchObject({ code: 'aborted' })
  expect(engine.recorded.map(({ name, value }) => [name, value !== undefined])).toEqual([
    ['start start', true],
    ['steps/1/model/1 model', false],
  ])
})

test('at most as many calls run at once as the agent allows', async () => {
  let running = 0
  let most = 0
  const slow = testTool('slow', async () => {
    most = Math.max(most, ++running)
    await tick()
    running--
    return 'ok'
  })
  const model = scriptedModel([{ calls: [1, 2, 3, 4, 5].map((n) => call('slow', { n })) }, { text: 'ok' }])
  await soon(new Agent({ model, tools: [slow], toolCallConcurrency: 2 }).generate('go', { engine: new NumberedEngine(), runId: 'r' }))
  expect(most).toBe(2)
})

test('an engine needs a run id and no journal', async () => {
  const agent = new Agent({ model: scriptedModel([]) })
  expect(await failureOf(agent.generate('go', { engine: new NumberedEngine() }))).toMatchObject({ code: 'invalid-use' })
})

test('an operation that an abort prevented from starting leaves no step', async () => {
  const engine = new NumberedEngine()
  const pay = testTool('pay', () => 'paid', { effect: 'once' })
  const agent = new Agent({ model: scriptedModel([{ calls: [call('pay')] }]), tools: [pay] })
  const steps = engine.steps.bind(engine)
  const run = agent.stream('go', { engine, runId: 'r' })
  engine.steps = async (list) => {
    const values = await steps(list)
    if (list[0]?.name === 'steps/1/tools/0 start') run.abort()
    return values
  }
  await failureOf(run.result)
  await tick()
  expect(engine.recorded.map(({ name }) => name)).toEqual(['start start', 'steps/1/model/1 model', 'steps/1/tools/0 start'])
})

function expiringShop(pay = payTool({ expiresInMs: 1_000 })) {
  return { pay, agent: new Agent({ model: scriptedModel([{ calls: [call('pay', { amount: 5 })] }, { text: 'ok' }]), tools: [pay] }) }
}

test('a decision that an engine got too late is not followed', async () => {
  class LateEngine extends NumberedEngine {
    override async decisions(questions: readonly PendingQuestion[]) {
      return (await super.decisions(questions)).map((decision) => ({ ...decision, at: Date.now() + 10_000 }))
    }
  }
  const { agent, pay } = expiringShop()
  const result = await soon(agent.generate('go', { engine: new LateEngine(), runId: 'r' }))
  expect([result.steps[0]?.toolResults[0]?.status, pay.inputs]).toEqual(['denied', []])
})

test('a question on an engine expires counted from when it was first asked', async () => {
  class AskingEngine extends NumberedEngine {
    readonly times: unknown[] = []
    override decisions(questions: readonly PendingQuestion[]) {
      this.times.push(...questions.map(({ askedAt, expiresInMs }) => [askedAt, expiresInMs]))
      return never()
    }
  }
  const first = new AskingEngine()
  const again = new AskingEngine(first.recorded)
  const clock = vi.spyOn(Date, 'now').mockReturnValue(1_000_000)
  for (const engine of [first, again]) {
    void expiringShop().agent.generate('go', { engine, runId: 'r' })
    while (engine.times.length === 0) await tick()
    clock.mockReturnValue(2_000_000)
  }
  clock.mockRestore()
  expect([first.times, again.times]).toEqual([[[1_000_000, 1_000]], [[1_000_000, 1_000]]])
})
