import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { AgentError } from '../contract/errors.ts'
import { abortAt, collect, failureOf, resultIn, soon } from '../testing/runs.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { never, testTool } from '../testing/test-tool.ts'

const hanging = () => new Agent({ model: scriptedModel([{ text: 'a', hangs: true }]) })

const unreadable = new Proxy(
  {},
  {
    get() {
      throw new Error('no')
    },
  },
)

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['null', null],
  ['a text', 'enough'],
  ['a number', 0],
  ['a symbol', Symbol('enough')],
  ['a frozen object', Object.freeze({ reason: 'enough' })],
  ['a frozen error', Object.freeze(new Error('enough'))],
  ['an AgentError', new AgentError('enough', { code: 'rate-limited' })],
  ['an object that throws when it is read', unreadable],
])('a run that was aborted with %s fails as aborted', async (_, reason) => {
  const controller = new AbortController()
  const run = hanging().stream('go', { signal: controller.signal })
  run.on('text-delta', () => controller.abort(reason))

  expect(await failureOf(run.result)).toMatchObject({ code: 'aborted' })
})

test('an abort in a listener of the last message ends the run', async () => {
  const run = new Agent({ model: scriptedModel([{ text: 'ok' }]) }).stream('go')
  run.on('message-end', () => run.abort())

  expect(await failureOf(run.result)).toMatchObject({ code: 'aborted' })
})

test('an abort in a listener of the end comes too late', async () => {
  const run = new Agent({ model: scriptedModel([{ text: 'ok' }]) }).stream('go')
  run.on('run-end', () => run.abort())

  await expect(run.result).resolves.toMatchObject({ status: 'finished' })
})

test('an abort during the closing request is an abort, not a closing request that failed', async () => {
  const model = scriptedModel([{ calls: [call('echo')] }, { text: 'a', hangs: true }])
  const run = new Agent({ model, tools: [testTool('echo')], limits: { steps: 1 } }).stream('go')
  run.on('text-delta', () => run.abort(new AgentError('the parent failed', { code: 'rate-limited' })))

  expect(await failureOf(run.result)).toMatchObject({ code: 'aborted' })
})

test('the error of an abort counts the requests that were sent', async () => {
  const run = hanging().stream('go')
  run.on('text-delta', () => run.abort())

  expect(await failureOf(run.result)).toMatchObject({ attempts: 1 })
})

test('an abort in the listener of a tool that starts ends the run at once, though the tool never ends', async () => {
  const run = new Agent({ model: scriptedModel([{ calls: [call('stuck')] }]), tools: [testTool('stuck', never)] }).stream('go')
  run.on('tool-start', () => run.abort())

  expect(await failureOf(run.result)).toMatchObject({ code: 'aborted' })
})

test('an abort while a tool runs counts no request as lost', async () => {
  const run = new Agent({ model: scriptedModel([{ calls: [call('stuck')] }]), tools: [testTool('stuck', never)] }).stream('go')
  const result = await abortAt(run, 'tool-start')

  expect(result.usage.unknownAttempts).toBe(0)
})

test('an abort inside prepareStep ends the run, though prepareStep never settles', async () => {
  const controller = new AbortController()
  const prepareStep = () => {
    controller.abort()
    return never()
  }
  const run = new Agent({ model: scriptedModel([]), prepareStep }).stream('go', { signal: controller.signal })

  expect(await failureOf(run.result)).toMatchObject({ code: 'aborted' })
})

test('an aborted run inside prepareStep does not abort the outer run', async () => {
  const prepareStep = async () => {
    await hanging().generate('inner', { signal: AbortSignal.timeout(5) })
    return undefined
  }
  const error = await failureOf(new Agent({ model: scriptedModel([]), prepareStep }).generate('go'))

  expect(error).toMatchObject({ code: 'invalid-options', cause: { code: 'aborted' } })
})

test('the result of an aborted run is plain data', async () => {
  const run = hanging().stream('go')
  run.on('text-delta', () => run.abort())
  const result = resultIn(await failureOf(run.result))

  expect(() => structuredClone(result)).not.toThrow()
})

test('what was aborted stays aborted: a later abort changes no reason', async () => {
  const run = hanging().stream('go')
  run.on('text-delta', () => {
    run.abort(new Error('first'))
    run.abort(new Error('second'))
  })

  expect((await soon(failureOf(run.result))).cause).toMatchObject({ message: 'first' })
})

test('a signal that is not of this runtime aborts a run like its own', async () => {
  const listeners = new Set<() => void>()
  const foreign = {
    aborted: false,
    reason: undefined as unknown,
    addEventListener: (_: string, listener: () => void) => listeners.add(listener),
    removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
  }
  const agent = new Agent({ model: scriptedModel([{ text: 'So', hangs: true }]) })
  const run = agent.stream('go', { signal: foreign as unknown as AbortSignal })
  run.on('text-delta', () => {
    foreign.reason = new Error('enough')
    for (const listener of listeners) listener()
  })
  expect(await failureOf(run.result)).toMatchObject({ code: 'aborted', cause: foreign.reason })
  expect(listeners.size).toBe(0)
})

test('a signal that fails ends the run with an error, and its iterator', async () => {
  const agent = new Agent({ model: scriptedModel([{ text: 'ok' }]) })
  const addEventListener = (): never => {
    throw new Error('broken')
  }
  const run = agent.stream('go', { signal: { aborted: false, addEventListener } as unknown as AbortSignal })
  await expect(soon(collect(run))).rejects.toMatchObject({ code: 'internal' })
})
