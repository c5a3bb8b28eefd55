import { afterEach, expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve } from '../contract/answers.ts'
import type { RequestOrigin } from '../contract/exchange-observer.ts'
import type { Model } from '../contract/model.ts'
import type { TracedAnswer, Tracer } from '../contract/tracer.ts'
import { setProcessTracer } from '../support/process-tracer.ts'
import { collect } from '../testing/runs.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'

afterEach(() => setProcessTracer(undefined))

interface CountingTracer extends Tracer {
  readonly types: string[]
}

function tracer(problem?: string): CountingTracer {
  const types: string[] = []
  return {
    types,
    onEvent: ({ type }) => {
      types.push(type)
      return type === problem ? { code: 'trace-failed', message: 'The disk is full.' } : undefined
    },
    onRequest: () => undefined,
  }
}

const look = testTool('look', () => 'seen')

function agentWith(model: Model, trace?: Tracer): Agent {
  return new Agent({ model, tools: [look], ...(trace && { trace }) })
}

test('a tracer gets every event, and the tracer of the process those of all runs that begin while it is set', async () => {
  const [own, shared] = [tracer(), tracer()]
  const agent = agentWith(scriptedModel([{ text: 'a' }, { text: 'b' }, { text: 'c' }]), own)
  await agent.generate('go')
  setProcessTracer(shared)
  const events = await collect(agent.stream('go'))
  setProcessTracer(undefined)
  await agent.generate('go')
  expect(shared.types).toEqual(events.map(({ type }) => type))
  expect(own.types).toEqual([...shared.types, ...shared.types, ...shared.types])
})

test('a tracer that is that of the agent and of the process gets each event once', async () => {
  const both = tracer()
  setProcessTracer(both)
  const events = await collect(agentWith(scriptedModel([{ text: 'a' }]), both).stream('go'))
  expect(both.types).toHaveLength(events.length)
})

test('each model is observed once for all its runs, and each request says where it is from', async () => {
  const origins: (RequestOrigin | undefined)[] = []
  let observed = 0
  const inner = scriptedModel([{ calls: [call('look')] }, { text: 'ok' }, { text: 'ok' }])
  const spied: Model = {
    ...inner,
    stream: (request, options) => {
      origins.push(options.origin)
      return inner.stream(request, options)
    },
  }
  const model: Model = {
    ...inner,
    observed: () => {
      observed++
      return spied
    },
  }
  const agent = agentWith(model, tracer())
  await agent.generate('go', { runId: 'r1' })
  await agent.generate('go', { runId: 'r2' })
  expect(observed).toBe(1)
  expect(origins).toEqual([
    { runId: 'r1', step: 1, attempt: 1 },
    { runId: 'r1', step: 2, attempt: 1 },
    { runId: 'r2', step: 1, attempt: 1 },
  ])
})

test('a run without a tracer asks no model to be observed', async () => {
  const inner = scriptedModel([{ text: 'ok' }])
  const model: Model = {
    ...inner,
    observed: () => {
      throw new Error('no')
    },
  }
  expect((await agentWith(model).generate('go')).text).toBe('ok')
})

test('a problem of a tracer is a warning of the run, after the event at which it was found', async () => {
  const run = agentWith(scriptedModel([{ calls: [call('look')] }, { text: 'ok' }]), tracer('tool-end')).stream('go')
  const events = await collect(run)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  const found = events.findIndex(({ type }) => type === 'tool-end')
  const warned = events.findIndex((event) => event.type === 'warning' && event.warning.code === 'trace-failed')
  expect(warned).toBeGreaterThan(found)
  expect((await run.result).warnings).toMatchObject([{ code: 'trace-failed', message: 'The disk is full.' }])
})

test('a tracer gets each answer of a person once, in the process whose run got it, and may throw at it', async () => {
  const answers: TracedAnswer[] = []
  const keeping: Tracer = {
    ...tracer(),
    onAnswer: (answer) => {
      answers.push(answer)
      throw new Error('boom')
    },
  }
  const pay = { ...testTool('pay', () => 'paid'), needsApproval: true }
  const agent = new Agent({ model: scriptedModel([{ calls: [call('pay')] }, { calls: [call('pay')] }, { text: 'ok' }]), tools: [pay], trace: keeping })
  let paused = await agent.generate('go', { runId: 'r' })
  for (let step = 1; step <= 2; step += 1) {
    const [question] = paused.pending
    if (paused.state === undefined || question === undefined) throw new Error('It did not pause.')
    expect(answers).toHaveLength(step - 1)
    paused = await agent.resume(paused.state, { answers: { [question.id]: approve() } }).result
  }
  expect(paused.text).toBe('ok')
  const of = (step: number): object => ({ runId: 'r', position: `steps/${step}/tools/0/approval`, about: { type: 'approval' }, answer: { approve: true } })
  expect(answers).toMatchObject([of(1), of(2)])
  expect(answers.every(({ askedAt, answeredAt }) => askedAt > 0 && answeredAt > 0)).toBe(true)
})

test('a tracer that throws does not break a run', async () => {
  const broken: Tracer = {
    onEvent: () => {
      throw new Error('boom')
    },
    onRequest: () => undefined,
  }
  const result = await agentWith(scriptedModel([{ text: 'ok' }]), broken).generate('go')
  expect(result.text).toBe('ok')
  expect(result.warnings[0]).toEqual({ code: 'listener-threw', message: "A listener of 'run-start' threw: boom" })
})

test.each([{}, 'traces', () => undefined, { onEvent: () => undefined }])('a value that is not a tracer is refused: %s', (given) => {
  expect(() => new Agent({ model: scriptedModel([]), trace: given as unknown as Tracer })).toThrow(/`trace` must be what `traceTo\(folder\)`/)
})
