import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { AgentError } from '../contract/errors.ts'
import type { Model } from '../contract/model.ts'
import { collect, tick } from '../testing/runs.ts'
import { modelOf, replyEvent, scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'

/** A model that sends `count` text deltas, each in a separate chunk, and counts how many were read. */
function longModel(count: number): Model & { taken: () => number } {
  let taken = 0
  const model = modelOf(async function* () {
    for (; taken < count; taken++) yield [{ type: 'text-delta', delta: 'x' }]
    yield [replyEvent('x'.repeat(count))]
  })
  return { ...model, taken: () => taken }
}

test('the events of a run are JSON, numbered without gaps, and in the order in which things happened', async () => {
  const model = scriptedModel([{ reasoning: 'hm', calls: [{ name: 'echo', input: { a: 1 } }] }, { text: 'ok' }])
  const events = await collect(new Agent({ name: 'echoer', model, tools: [testTool('echo', () => 'one')] }).stream('go', { runId: 'r' }))

  expect(events.map(({ type }) => type)).toEqual([
    'run-start',
    'step-start',
    'attempt',
    'reasoning-delta',
    'tool-call-delta',
    'message-end',
    'tool-start',
    'tool-end',
    'step-end',
    'step-start',
    'attempt',
    'text-delta',
    'message-end',
    'step-end',
    'run-end',
  ])
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  expect(new Set(events.map(({ runId }) => runId))).toEqual(new Set(['r']))
  expect(JSON.parse(JSON.stringify(events))).toEqual(events)
})

test('an iterator taken in the same tick, listeners and the result all see one run', async () => {
  const run = new Agent({ model: scriptedModel([{ text: 'ok' }]) }).stream('go')
  const heard: string[] = []
  run.on('text-delta', ({ delta }) => heard.push(delta))
  const [events, result] = await Promise.all([collect(run), run.result])

  expect(events.at(-1)?.type).toBe('run-end')
  expect(result.text).toBe('ok')
  expect(heard).toEqual(['ok'])
})

test('a consumer that comes late still gets the held events', async () => {
  const run = new Agent({ model: scriptedModel([{ text: 'ok' }]) }).stream('go')
  await tick()
  await tick()
  expect((await collect(run)).map(({ type }) => type)).toContain('run-start')
})

test('at most 256 events are held without a consumer, and the model waits', async () => {
  const model = longModel(2_000)
  const run = new Agent({ model }).stream('go')
  for (let index = 0; index < 20; index++) await tick()
  expect(model.taken()).toBeLessThan(256)
  const events = await collect(run)
  expect(events.filter(({ type }) => type === 'text-delta')).toHaveLength(2_000)
})

test('a slow iterator slows the model down', async () => {
  const model = longModel(2_000)
  const iterator = new Agent({ model }).stream('go')[Symbol.asyncIterator]()
  await iterator.next()
  for (let index = 0; index < 20; index++) await tick()
  expect(model.taken()).toBeLessThan(260)
  await iterator.return?.()
})

test('awaiting only the result drains the run', async () => {
  await expect(new Agent({ model: longModel(2_000) }).stream('go').result).resolves.toMatchObject({ stopReason: 'finished' })
})

test('a second iterator throws', async () => {
  const run = new Agent({ model: scriptedModel([{ text: 'ok' }]) }).stream('go')
  const first = run[Symbol.asyncIterator]()
  expect(() => run[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'invalid-use' }))
  await first.return?.()
})

test('an iterator after delivered events throws instead of showing half a run', async () => {
  const run = new Agent({ model: scriptedModel([{ text: 'ok' }]) }).stream('go')
  await run.result
  expect(() => run[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'invalid-use' }))
})

test('leaving the iterator early aborts the run', async () => {
  const run = new Agent({ model: scriptedModel([{ text: 'a', hangs: true }]) }).stream('go')
  for await (const event of run) {
    if (event.type === 'text-delta') break
  }
  await expect(run.result).rejects.toMatchObject({ code: 'aborted' })
})

test('textStream yields only the text', async () => {
  const parts: string[] = []
  for await (const part of new Agent({ model: longModel(3) }).stream('go').textStream) parts.push(part)
  expect(parts).toEqual(['x', 'x', 'x'])
})

test('the iterator shows run-error and then throws what broke', async () => {
  const run = new Agent({ model: scriptedModel([]) }).stream('go')
  const seen: string[] = []
  const error = await (async () => {
    for await (const { type } of run) seen.push(type)
  })().catch((thrown: unknown) => thrown)

  expect(seen.at(-1)).toBe('run-error')
  expect(AgentError.is(error) && error.code).toBe('unexpected-request')
})

test('a listener that throws or rejects gives a warning, and the run continues', async () => {
  const run = new Agent({ model: scriptedModel([{ text: 'ok' }]) }).stream('go')
  run.on('text-delta', () => {
    throw new Error('boom')
  })
  run.on('step-start', async () => {
    throw new Error('later')
  })
  run.on('warning', () => {
    throw new Error('even this')
  })
  const result = await run.result

  expect(result.text).toBe('ok')
  expect(result.warnings.filter(({ code }) => code === 'listener-threw').length).toBeGreaterThanOrEqual(3)
})

test('a removed listener is not called', async () => {
  const heard: string[] = []
  const listener = ({ delta }: { delta: string }): void => {
    heard.push(delta)
  }
  const run = new Agent({ model: scriptedModel([{ text: 'ok' }]) }).stream('go').on('text-delta', listener).off('text-delta', listener)
  await run.result
  expect(heard).toEqual([])
})

test('abort ends the run at once even if a tool ignores the signal, and keeps the complete steps', async () => {
  const controller = new AbortController()
  const tool = testTool('stuck', () => new Promise(() => {}))
  const model = scriptedModel([{ calls: [{ name: 'echo', input: {} }] }, { calls: [{ name: 'stuck', input: {} }] }])
  const run = new Agent({ model, tools: [testTool('echo'), tool] }).stream('go', { signal: controller.signal })
  run.on('tool-start', ({ toolName }) => {
    if (toolName === 'stuck') controller.abort(new Error('enough'))
  })
  const started = performance.now()
  const error = await run.result.catch((thrown: unknown) => thrown)

  expect(performance.now() - started).toBeLessThan(1_000)
  expect(error).toMatchObject({ code: 'aborted', cause: { message: 'enough' }, result: { steps: [{ step: 1 }] } })
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
})

test('an abort in the middle of a reply counts the request, whose usage stays unknown, and its time', async () => {
  const run = new Agent({ model: scriptedModel([{ text: 'a', hangs: true }]) }).stream('go')
  run.on('text-delta', () => setTimeout(() => run.abort(), 5))
  const error = await run.result.catch((thrown: unknown) => thrown)

  expect(error).toMatchObject({ code: 'aborted', result: { text: 'a', usage: { unknownAttempts: 1 } } })
  expect(AgentError.is(error) && error.result?.activeMs).toBeGreaterThan(0)
})

test('an aborted signal starts nothing', async () => {
  const model = scriptedModel([{ text: 'ok' }])
  await expect(new Agent({ model }).generate('go', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
  expect(model.requests).toHaveLength(0)
})

test('one signal serves 500 runs and keeps no listener', async () => {
  const { signal } = new AbortController()
  const agent = new Agent({ model: longModel(0) })
  for (let index = 0; index < 500; index++) await agent.generate('go', { signal }).catch(() => {})
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

test('200 runs of one agent at once do not mix', async () => {
  const model = modelOf(async function* ({ messages }) {
    const [first] = messages
    await tick()
    yield [messages.length > 1 ? replyEvent(String(first?.content)) : callEvent(String(first?.content))]
  })
  const { signal } = new AbortController()
  const warnings: Error[] = []
  const note = (warning: Error): void => {
    warnings.push(warning)
  }
  process.on('warning', note)
  const agent = new Agent({ model, tools: [testTool('echo', (input) => String(input))] })
  const questions = Array.from({ length: 200 }, (_, index) => `question ${index}`)
  const results = await Promise.all(questions.map((question) => agent.generate(question, { signal })))

  process.off('warning', note)
  expect(results.map(({ text, steps }) => [text, steps[0]?.toolResults[0]?.text])).toEqual(questions.map((question) => [question, question]))
  expect(warnings).toEqual([])
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

const callEvent = (input: string) => replyEvent([{ type: 'tool-call', toolCallId: 'same', toolName: 'echo', inputText: JSON.stringify(input) }])

test('the result of a run is plain data', async () => {
  const result = await new Agent({ model: scriptedModel([{ calls: [{ name: 'echo', input: {} }] }, { text: 'ok' }]), tools: [testTool('echo')] }).generate('go')
  expect(JSON.parse(JSON.stringify(structuredClone(result)))).toMatchObject({ text: 'ok', steps: [{}, {}] })
})

test('runs that fail, are aborted or are abandoned cause no unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => {
    unhandled.push(reason)
  }
  process.on('unhandledRejection', note)
  const hanging = () => new Agent({ model: scriptedModel([{ text: 'a', hangs: true }]) }).stream('go')
  new Agent({ model: scriptedModel([]) }).stream('go').on('run-error', () => {})
  const aborted = hanging()
  aborted.on('text-delta', () => aborted.abort())
  const left = hanging()
  await left[Symbol.asyncIterator]().return?.()
  for (let index = 0; index < 10; index++) await tick()
  process.off('unhandledRejection', note)

  expect(unhandled).toEqual([])
})

test('no event is emitted after the end, whatever tools do later', async () => {
  let finish = (): void => {}
  const late = testTool(
    'late',
    (_, { progress }) =>
      new Promise((resolve) => {
        finish = () => {
          progress('late')
          resolve('late')
        }
      }),
  )
  const run = new Agent({ model: scriptedModel([{ calls: [{ name: 'late', input: {} }] }]), tools: [late] }).stream('go')
  const types: string[] = []
  run.on('tool-start', () => setImmediate(() => run.abort()))
  for (const type of ['tool-end', 'tool-progress', 'run-error', 'step-end'] as const) run.on(type, (event) => types.push(event.type))
  await run.result.catch(() => {})
  finish()
  await tick()

  expect(types).toEqual(['run-error'])
})
