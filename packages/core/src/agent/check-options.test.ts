import { expect, test } from 'vitest'
import type { AgentError } from '../contract/errors.ts'
import { type Message, user } from '../contract/messages.ts'
import { scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'
import { Agent } from './agent.ts'
import type { AgentOptions, RunOptions } from './agent-options.ts'

const model = scriptedModel([{ text: 'ok' }])
const refusalOf = (work: () => unknown): AgentError => {
  try {
    work()
  } catch (error) {
    return error as AgentError
  }
  throw new Error('It was not refused.')
}
const agentRefusal = (options: unknown): string => {
  const { code, message } = refusalOf(() => new Agent(options as AgentOptions))
  expect(['invalid-options', 'invalid-tool']).toContain(code)
  return message
}

test.each([
  ['system', '`instructions`'],
  ['system_prompt', '`instructions`'],
  ['instruction', '`instructions`'],
  ['maxSteps', '`limits.steps`'],
  ['maxTurns', '`limits.steps`'],
  ['max_iterations', '`limits.steps`'],
  ['maxTokens', '`maxOutputTokens` in the settings of the model'],
  ['max_tokens', '`limits.tokens` for the run'],
  ['temperature', '`evolink(id, { temperature })`'],
  ['maxRetries', '`attempts: { max }`'],
  ['retries', '`attempts: { max }`'],
  ['abortSignal', '`agent.generate(input, { signal })`'],
  ['messages', '`agent.generate(messages)`'],
  ['prompt', '`instructions`'],
  ['experimental_output', '`output`'],
  ['experimental_prepareStep', '`prepareStep`'],
  ['activeTools', '`prepareStep: () => ({ activeTools })`'],
  ['tool_choice', '`toolChoice`'],
  ['toolchoice', '`toolChoice`'],
  ['limit', '`limits`'],
  ['guardrails', '`guard`'],
  ['frobnicate', 'The names are: name, model, instructions'],
])('new Agent({ %s }) is refused with what to write instead', (name, advice) => {
  const message = agentRefusal({ model, [name]: 1 })
  expect(message).toContain(`\`${name}\` is not an option of Agent.`)
  expect(message).toContain(advice)
})

test.each([['allow'], [true], [null]])('an invalid guard is refused: %j', (guard) => {
  expect(agentRefusal({ model, guard })).toContain("`guard` must be one of 'ask', 'deny', 'off'")
})

test('all unknown options are named at once', () => {
  expect(agentRefusal({ model, system: 'x', maxSteps: 5 })).toBe(
    "Agent 'agent': `system` is not an option of Agent. Use `instructions`. `maxSteps` is not an option of Agent. Use `limits.steps`.",
  )
})

test.each([[{}], [{ model: undefined }], [{ name: 'a', model: null }]])('without a model an agent is refused: %j', (options) => {
  expect(agentRefusal(options)).toContain('`model` is required')
})

test.each([[undefined], [null], ['gpt'], [[model]]])('new Agent(%o) is refused', (options) => {
  expect(agentRefusal(options)).toContain('The options must be an object')
})

test.each<[object, string]>([
  [{ name: 5 }, '`name` must be a string, not a number.'],
  [{ instructions: ['a'] }, '`instructions` must be a string, not a list.'],
  [{ prepareStep: {} }, '`prepareStep` must be a function, not an object.'],
  [{ stopWhen: true }, '`stopWhen` must be a function, not a boolean.'],
  [{ toolChoice: 'any' }, "`toolChoice` must be one of 'auto', 'none', 'required', not 'any'."],
  [{ toolChoice: { type: 'tool' } }, "`toolChoice` must be one of 'auto', 'none', 'required', not an object."],
  [{ outputMode: 'xml' }, "`outputMode` must be one of 'native', 'json', 'tool', 'text', not 'xml'."],
  [{ toolCallConcurrency: 0 }, '`toolCallConcurrency` must be a positive integer, not 0.'],
  [{ toolCallConcurrency: '5' }, '`toolCallConcurrency` must be a positive integer, not 5.'],
  [{ limits: 5 }, '`limits` must be an object, not a number.'],
  [{ limits: { maxSteps: 5 } }, '`limits.maxSteps` is not a limit. Use `limits.steps`.'],
  [{ limits: { maxOutputTokens: 5 } }, '`limits.maxOutputTokens` is not a limit. Use `maxOutputTokens` in the settings of the model.'],
  [{ limits: { durationMs: '5' } }, 'limits.durationMs must be a positive number, not 5.'],
  [{ limits: { steps: Number.NaN } }, 'limits.steps must be a positive integer, not NaN.'],
  [{ attempts: 5 }, '`attempts` must be an object, not a number.'],
  [{ attempts: { retries: 5 } }, 'Use `attempts.max`, which counts the first request too.'],
  [{ attempts: { max: 0 } }, '`attempts.max` must be a positive integer: 1 sends each request once, not 0.'],
  [{ attempts: { max: Number.POSITIVE_INFINITY } }, '`attempts.max` must be a positive integer'],
  [{ attempts: { delayMs: -1 } }, '`attempts.delayMs` must be milliseconds from 0 to 2147483647, not -1.'],
  [{ attempts: { maxDelayMs: Number.POSITIVE_INFINITY } }, '`attempts.maxDelayMs` must be milliseconds from 0 to 2147483647, not Infinity.'],
])('the options %j are refused', (options, problem) => {
  expect(agentRefusal({ model, ...options })).toContain(problem)
})

const callRefusal = async (options: unknown, input: unknown = 'x'): Promise<AgentError> => {
  const agent = new Agent({ model, tools: [testTool('echo')] })
  const rejected = await agent.generate(input as string, options as RunOptions).then(
    () => undefined,
    (error: AgentError) => error,
  )
  if (rejected === undefined) throw new Error('It was not refused.')
  return rejected
}

test.each([
  ['abortSignal', '`signal`'],
  ['abort_signal', '`signal`'],
  ['sginal', '`signal`'],
  ['controller', '`signal: controller.signal`'],
  ['tools', '`tools` of new Agent()'],
  ['maxSteps', '`limits.steps`'],
  ['system', '`instructions` of new Agent()'],
  ['temperature', '`evolink(id, { temperature })`'],
  ['maxRetries', '`attempts: { max }`'],
  ['experimental_context', '`context`'],
  ['id', '`runId`'],
  ['checkpointer', '`journal`'],
  ['retryAfterText', 'generate() always asks again'],
  ['answers', 'The names are: signal, context, runId, journal, session, whilePaused, engine, attempts'],
])('generate(input, { %s }) is refused with what to write instead', async (name, advice) => {
  const { code, message } = await callRefusal({ [name]: 1 })
  expect(code).toBe('invalid-options')
  expect(message).toContain(`\`${name}\` is not an option of generate().`)
  expect(message).toContain(advice)
})

test.each<[object, string]>([
  [{ signal: new AbortController() }, 'Of an AbortController it is `controller.signal`.'],
  [{ signal: null }, '`signal` must be an AbortSignal, not null.'],
  [{ runId: '' }, '`runId` must be a text that is not empty'],
  [{ runId: 5 }, '`runId` must be a text that is not empty, not a number.'],
  [{ journal: '/tmp/runs' }, 'Write `journal: fileJournal("/tmp/runs")`'],
  [{ journal: 'postgres://shop:hunter2@db/runs' }, 'not a string. For PostgreSQL, write `journal: postgresJournal(connectionString)`.'],
  [{ journal: {} }, '`journal` must be a journal, such as fileJournal(folder) or sqliteJournal(file) makes, not an object.'],
  [{ journal: null }, 'not null'],
  [{ engine: {}, runId: 'a' }, '`engine` must be the engine that a workflow gives'],
  [{ attempts: { maxRetries: 1 } }, '`attempts.maxRetries` is not an option of attempts.'],
])('a call with %o is refused', async (options, problem) => {
  expect(await callRefusal(options)).toMatchObject({ code: 'invalid-options', message: expect.stringContaining(problem) })
})

test('stream and resume refuse unknown options too, before anything is sent', () => {
  const agent = new Agent({ model })
  expect(refusalOf(() => agent.stream('x', { abortSignal: 1 } as RunOptions)).message).toContain('is not an option of stream(). Use `signal`.')
  expect(refusalOf(() => agent.resume('x', { approvals: {} } as never)).message).toContain('is not an option of resume(). Use `answers`.')
  expect(refusalOf(() => agent.stream('x', { retryAfterText: 'again' } as never)).message).toContain("`retryAfterText` must be one of 'fail', 'restart'")
})

test.each<[string, unknown]>([
  ['an empty text', ''],
  ['white space', ' \n\t'],
  ['an empty message', [user('')]],
  ['an empty message after others', [user('a'), { role: 'assistant', content: 'b' }, user(' ')] satisfies Message[]],
  ['a message of empty parts', [user([{ type: 'text', text: '' }])]],
  ['no message', []],
  ['an object', { prompt: 'Hi' }],
  ['null', null],
  ['a number', 5],
])('%s as input is refused', async (_, input) => {
  const sent = model.requests.length
  expect(await callRefusal({}, input)).toMatchObject({ code: 'invalid-messages' })
  expect(model.requests).toHaveLength(sent)
})
