import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { AgentError, fatal } from '../contract/errors.ts'
import { textOf } from '../contract/messages.ts'
import { type Answer, call, scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'
import { findProblem } from '../transcripts/check.ts'

const overloaded = (): AgentError => new AgentError('busy', { code: 'provider-overloaded', phase: 'headers', retryable: true, retryAfterMs: 1 })

test('a text answer ends the run as finished', async () => {
  const model = scriptedModel([{ reasoning: 'hm', text: 'Hello.' }])
  const result = await new Agent({ model }).generate('Hi')

  expect(result).toMatchObject({ status: 'finished', stopReason: 'finished', text: 'Hello.', reasoningText: 'hm', finishReason: 'stop' })
  expect(result.textOrThrow()).toBe('Hello.')
  expect(result.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
})

test('results go back to the model in call order, however long each call takes', async () => {
  let finishSlow = (): void => {}
  const slow = testTool(
    'slow',
    () =>
      new Promise((resolve) => {
        finishSlow = () => resolve('slow done')
      }),
  )
  const fast = testTool('fast', () => {
    setImmediate(finishSlow)
    return 'fast done'
  })
  const model = scriptedModel([{ calls: [call('slow'), call('fast')] }, { text: 'ok' }])
  const result = await new Agent({ model, tools: [slow, fast] }).generate('go')

  expect(model.requests[1]?.messages.slice(2).map((message) => message.role === 'tool' && message.content[0].text)).toEqual(['slow done', 'fast done'])
  expect(result.steps).toHaveLength(2)
  expect(result.toolCalls).toBe(2)
})

test('no more calls run at once than toolCallConcurrency allows', async () => {
  let running = 0
  let most = 0
  const tool = testTool('work', async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    return 'done'
  })
  const model = scriptedModel([{ calls: Array.from({ length: 7 }, () => call('work')) }, { text: 'ok' }])
  await new Agent({ model, tools: [tool], toolCallConcurrency: 3 }).generate('go')

  expect(most).toBe(3)
})

test('two calls with one id both run, and an id may come again in a later step', async () => {
  const inputs: unknown[] = []
  const tool = testTool('note', (input) => {
    inputs.push(input)
    return `noted ${JSON.stringify(input)}`
  })
  const model = scriptedModel([
    { calls: [call('note', { a: 1 }, 'same'), call('note', { a: 2 }, 'same')] },
    { calls: [call('note', { a: 3 }, 'same')] },
    { text: 'ok' },
  ])
  const result = await new Agent({ model, tools: [tool] }).generate('go')

  expect(inputs).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }])
  expect(findProblem(result.messages)).toBeUndefined()
  expect(result.messages.flatMap((message) => (message.role === 'tool' ? message.content[0].text : []))).toEqual([
    'noted {"a":1}',
    'noted {"a":2}',
    'noted {"a":3}',
  ])
})

test('each call has its own idempotency key, whatever its id', async () => {
  const keys: string[] = []
  const tool = testTool('note', (_, { idempotencyKey }) => {
    keys.push(idempotencyKey)
    return 'ok'
  })
  const model = scriptedModel([{ calls: [call('note', {}, 'x'), call('note', {}, 'x')] }, { text: 'ok' }])
  await new Agent({ model, tools: [tool] }).generate('go', { runId: 'r1' })

  expect(keys).toEqual(['r1/steps/1/tools/0', 'r1/steps/1/tools/1'])
})

test.each([
  ['an unknown tool', call('nope'), 'unknown-tool', "there is no tool 'nope'. The tools are: echo"],
  ['invalid JSON', call('echo', '{"a": 1'), 'invalid-input', 'not valid JSON'],
] as const)('%s is answered to the model and the run continues', async (_, bad, status, text) => {
  const model = scriptedModel([{ calls: [bad] }, { text: 'ok' }])
  const result = await new Agent({ model, tools: [testTool('echo')] }).generate('go')

  expect(result.steps[0]?.toolResults[0]).toMatchObject({ status, text: expect.stringContaining(text) })
  expect(result.text).toBe('ok')
})

test("the model's argument text is kept byte for byte", async () => {
  const inputText = '{ "a" : "\\u00e9",\n "b":1.0 }'
  const model = scriptedModel([{ calls: [call('echo', inputText)] }, { text: 'ok' }])
  const result = await new Agent({ model, tools: [testTool('echo')] }).generate('go')

  expect(result.messages[1]).toMatchObject({ content: [{ inputText }] })
})

test('empty arguments are an empty object', async () => {
  const inputs: unknown[] = []
  const model = scriptedModel([{ calls: [call('now', '')] }, { text: 'ok' }])
  await new Agent({
    model,
    tools: [
      testTool('now', (input) => {
        inputs.push(input)
        return 'noon'
      }),
    ],
  }).generate('go')

  expect(inputs).toEqual([{}])
})

test.each([['functions.echo'], ['echo:0'], ['functions.echo:12']])('the tool name %s is understood', async (name) => {
  const model = scriptedModel([{ calls: [call(name)] }, { text: 'ok' }])
  const result = await new Agent({ model, tools: [testTool('echo')] }).generate('go')

  expect(result.steps[0]?.toolResults[0]?.status).toBe('ok')
})

test.each<[string, Partial<Answer>]>([
  ['the finish reason length', { finishReason: 'length' }],
  ['a full output budget', { atOutputLimit: true }],
])('no tool runs from a step with %s: the model is told once, then the run fails', async (_, cut) => {
  let runs = 0
  const tool = testTool('pay', () => {
    runs++
    return 'paid'
  })
  const model = scriptedModel([
    { calls: [call('pay')], ...cut },
    { calls: [call('pay')], ...cut },
  ])
  const error = await new Agent({ model, tools: [tool] }).generate('go').catch((thrown: unknown) => thrown)

  expect(error).toMatchObject({ code: 'output-limit' })
  expect(runs).toBe(0)
  expect(model.requests[1]?.messages.at(-1)).toMatchObject({ role: 'tool', content: [{ status: 'skipped', text: expect.stringContaining('Not run') }] })
})

test('text cut at the output limit is truncated, never finished', async () => {
  const result = await new Agent({ model: scriptedModel([{ text: 'Once upon', finishReason: 'length' }]) }).generate('go')

  expect(result).toMatchObject({ status: 'unusable', stopReason: 'truncated', text: 'Once upon' })
  expect(() => result.textOrThrow()).toThrow(expect.objectContaining({ code: 'output-limit' }))
})

test('a filtered answer is not kept as a message', async () => {
  const result = await new Agent({ model: scriptedModel([{ text: 'So', finishReason: 'content-filter' }]) }).generate('go')

  expect(result).toMatchObject({ status: 'unusable', stopReason: 'filtered', text: 'So' })
  expect(result.messages).toHaveLength(1)
})

test.each([
  ['no text', {}],
  ['blank text', { text: ' \n' }],
  ['reasoning alone', { reasoning: 'hm' }],
])('%s is asked again once, then fails', async (_, empty) => {
  const model = scriptedModel([empty, { text: 'ok' }])
  await expect(new Agent({ model }).generate('go')).resolves.toMatchObject({ text: 'ok' })
  await expect(new Agent({ model: scriptedModel([empty, empty]) }).generate('go')).rejects.toMatchObject({ code: 'empty-reply', attempts: 2 })
})

test('a failed attempt is retried after the delay that the server asked for', async () => {
  const model = scriptedModel([{ error: overloaded() }, { error: overloaded() }, { text: 'ok' }])
  const run = new Agent({ model, attempts: { delayMs: 0 } }).stream('go')
  const seen: unknown[] = []
  run.on('attempt', ({ attempt, reason }) => seen.push([attempt, reason]))
  run.on('step-retry', ({ delayMs, error }) => seen.push([delayMs, error.code]))

  await expect(run.result).resolves.toMatchObject({ text: 'ok' })
  expect(seen).toEqual([
    [1, 'first'],
    [1, 'provider-overloaded'],
    [2, 'retry'],
    [1, 'provider-overloaded'],
    [3, 'retry'],
  ])
})

test('the third broken attempt fails the run with the result so far', async () => {
  const model = scriptedModel([{ calls: [call('echo')] }, ...Array.from({ length: 3 }, () => ({ error: overloaded() }))])
  const error = await new Agent({ model, tools: [testTool('echo')] }).generate('go').catch((thrown: unknown) => thrown)

  expect(error).toMatchObject({ code: 'provider-overloaded', attempts: 3, result: { steps: [{ step: 1 }], usage: { totalTokens: 15, unknownAttempts: 3 } } })
  expect(AgentError.is(error) && findProblem(error.result?.messages ?? [])).toBeUndefined()
})

test('a refused request is not tried again', async () => {
  const model = scriptedModel([{ error: new AgentError('bad', { code: 'invalid-request', phase: 'headers' }) }])
  await expect(new Agent({ model }).generate('go')).rejects.toMatchObject({ code: 'invalid-request', attempts: 1 })
  expect(model.requests).toHaveLength(1)
})

test('stream fails when the answer breaks after text was shown, and keeps the text', async () => {
  const model = scriptedModel([{ text: 'The answer', error: overloaded() }])
  await expect(new Agent({ model }).stream('go').result).rejects.toMatchObject({
    code: 'stream-interrupted',
    cause: { code: 'provider-overloaded' },
    result: { text: 'The answer' },
  })
})

test('stream starts again after shown reasoning, and after shown text only when asked to', async () => {
  const broken = { reasoning: 'hm', error: overloaded() }
  await expect(new Agent({ model: scriptedModel([broken, { text: 'ok' }]) }).stream('go').result).resolves.toMatchObject({ text: 'ok' })
  const model = scriptedModel([{ text: 'The', error: overloaded() }, { text: 'ok' }])
  await expect(new Agent({ model }).stream('go', { retryAfterText: 'restart' }).result).resolves.toMatchObject({ text: 'ok' })
})

test('generate retries after text, because nobody has seen it', async () => {
  const model = scriptedModel([{ text: 'The', error: overloaded() }, { text: 'ok' }])
  await expect(new Agent({ model }).generate('go')).resolves.toMatchObject({ text: 'ok' })
})

test('fatal() ends the run with the very error as cause', async () => {
  const reason = new Error('no money left')
  const model = scriptedModel([{ calls: [call('pay')] }])
  const tool = testTool('pay', () => {
    throw fatal(reason)
  })
  const error = await new Agent({ model, tools: [tool] }).generate('go').catch((thrown: unknown) => thrown)

  expect(error).toMatchObject({ code: 'tool-fatal' })
  expect(AgentError.is(error) && error.cause).toBe(reason)
})

test('a tool that throws gives an error result without its message, and the event has the original error', async () => {
  const secret = new Error('password is correct horse')
  const model = scriptedModel([{ calls: [call('leak')] }, { text: 'ok' }])
  const run = new Agent({
    model,
    tools: [
      testTool('leak', () => {
        throw secret
      }),
    ],
  }).stream('go')
  const errors: unknown[] = []
  const lines: string[] = []
  run.on('tool-end', (event) => {
    errors.push(event.error)
    lines.push(JSON.stringify(event))
  })
  const result = await run.result

  expect(errors).toEqual([secret])
  expect(lines.join() + JSON.stringify(result)).not.toContain('correct horse')
  expect(result.steps[0]?.toolResults[0]?.status).toBe('error')
})

test('what stays of any run is sendable, and its last text is the answer', async () => {
  const result = await new Agent({ model: scriptedModel([{ text: 'Hello.' }, { text: 'Bye.' }]) }).generate('Hi')
  const last = result.messages.at(-1)
  expect(last?.role === 'assistant' && textOf(last)).toBe('Hello.')
})
