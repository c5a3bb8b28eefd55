import { AgentError } from '../contract/errors.ts'
import { isJsonObject, isPlainJson } from '../contract/json.ts'
import { type Message, user } from '../contract/messages.ts'
import { checkNames, invalidOptions, kindOf } from '../contract/options.ts'
import type { RunSettings } from '../contract/request-parameters.ts'
import { checkJournal } from '../durability/journal.ts'
import { checkMessages } from '../transcripts/check.ts'
import type { AgentOptions, JournalResumeOptions, StreamOptions } from './agent-options.ts'

/** Every option of an agent. The type makes the compiler refuse a missing or an additional name. */
const agentOptions: Readonly<Record<keyof AgentOptions, true>> = {
  name: true,
  model: true,
  instructions: true,
  tools: true,
  catalogue: true,
  rank: true,
  toolChoice: true,
  output: true,
  outputMode: true,
  toolCallConcurrency: true,
  limits: true,
  history: true,
  attempts: true,
  prepareStep: true,
  stopWhen: true,
  guard: true,
  onEvent: true,
  trace: true,
  signStates: true,
}

type CallName = 'generate' | 'stream' | 'resume'

const startOptions = [
  'signal',
  'context',
  'runId',
  'journal',
  'session',
  'whilePaused',
  'engine',
  'attempts',
  'limits',
  'toolChoice',
  'settings',
  'attended',
  'metadata',
  'onEvent',
  'artifacts',
] satisfies readonly (keyof StreamOptions)[]
const callOptions: Readonly<Record<CallName, readonly (keyof StreamOptions | keyof JournalResumeOptions)[]>> = {
  generate: startOptions,
  stream: [...startOptions, 'retryAfterText'],
  resume: ['signal', 'context', 'journal', 'session', 'engine', 'attempts', 'onEvent', 'artifacts', 'retryAfterText', 'answers', 'acceptAnswers'],
}

const hintsOf: Partial<Readonly<Record<CallName, Readonly<Record<string, string>>>>> = {
  generate: { retryAfterText: 'generate() always asks again, because nobody has seen the text.' },
  resume: {
    runId: 'A run that is resumed keeps its id.',
    limits: 'A run that is resumed keeps the limits that it recorded.',
    toolChoice: 'A run that is resumed keeps the tool choice that it recorded.',
    settings: 'A run that is resumed keeps the settings that it recorded.',
    attended: 'A run that is resumed keeps what it recorded: whether somebody can be asked.',
    whilePaused: 'A run that is resumed has its place in its session, or rejects with `session-busy`.',
  },
}

const settings = [
  'temperature',
  'topP',
  'seed',
  'maxOutputTokens',
  'stopSequences',
  'reasoningEffort',
  'thinking',
  'apiKey',
  'baseURL',
  'timeouts',
  'limiter',
  'prices',
]
const inSettings = Object.fromEntries(settings.map((name) => [name, `\`${name}\` in the settings of the model: \`evolink(id, { ${name} })\``]))

/** What other libraries call things, and where they are here. */
const insteadInAgent: Readonly<Record<string, string>> = {
  ...inSettings,
  system: 'instructions',
  systemPrompt: 'instructions',
  systemMessage: 'instructions',
  prompt: '`instructions`, or `agent.generate(prompt)` for what the user says',
  messages: 'agent.generate(messages)',
  input: 'agent.generate(input)',
  llm: 'model',
  models: 'model',
  fallbacks: 'model: [first, second]',
  functions: 'tools',
  toolSearch: "catalogue: 'always'",
  maxTools: 'catalogue',
  maxSteps: 'limits.steps',
  maxTurns: 'limits.steps',
  maxIterations: 'limits.steps',
  recursionLimit: 'limits.steps',
  maxToolCalls: 'limits.toolCalls',
  maxTokens: '`maxOutputTokens` in the settings of the model, or `limits.tokens` for the run',
  maxCost: 'limits.cost',
  budget: 'limits.cost',
  timeout: 'limits.durationMs',
  timeoutMs: 'limits.durationMs',
  maxDurationMs: 'limits.durationMs',
  maxRetries: '`attempts: { max }`, which counts the first request too',
  retries: '`attempts: { max }`, which counts the first request too',
  maxAttempts: 'attempts: { max }',
  schema: 'output',
  outputSchema: 'output',
  outputType: 'output',
  responseFormat: 'output',
  activeTools: '`prepareStep: () => ({ activeTools })`',
  guardrails: 'guard',
  containment: 'guard',
  parallelToolCalls: 'toolCallConcurrency',
  tracing: 'trace',
  tracer: 'trace',
  telemetry: 'trace',
  ...Object.fromEntries(['signal', 'context', 'journal', 'runId', 'session'].map((name) => [name, `agent.generate(input, { ${name} })`])),
  abortSignal: 'agent.generate(input, { signal })',
}

const ofAgent = (use: string): string => (use.includes('`') || use.startsWith('agent.') || use.startsWith('limits.') ? use : `\`${use}\` of new Agent()`)

const insteadInCall: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(insteadInAgent).map(([name, use]) => [name, ofAgent(use)])),
  ...Object.fromEntries(Object.keys(agentOptions).map((name) => [name, ofAgent(name)])),
  abortSignal: 'signal',
  abortController: 'signal: controller.signal',
  controller: 'signal: controller.signal',
  id: 'runId',
  threadId: '`session: await Session.open(store, id)` for a conversation, or `runId` for a run',
  sessionId: '`session: await Session.open(store, id)`',
  conversationId: '`session: await Session.open(store, id)`',
  checkpointer: 'journal',
  store: 'journal',
  approvals: 'answers',
  decisions: 'answers',
  maxRetries: '`attempts: { max }`, which counts the first request too',
  timeout: '`signal: AbortSignal.timeout(ms)`, or `limits.durationMs` of new Agent()',
  timeoutMs: '`signal: AbortSignal.timeout(ms)`, or `limits.durationMs` of new Agent()',
}

/** @throws {AgentError} `invalid-options` for an option that is unknown, missing or not of its type. */
export function checkAgentOptions<Context, Output>(options: AgentOptions<Context, Output>): void {
  checkNames(options, { names: Object.keys(agentOptions), what: 'an option of Agent', instead: insteadInAgent })
  if (options.model === undefined || options.model === null) throw invalidOptions('`model` is required, such as evolink(id) or openaiCompatible({ … }) makes.')
  checkType('name', options.name, 'string')
  if (typeof options.instructions !== 'function') checkType('instructions', options.instructions, 'string')
  for (const name of ['prepareStep', 'stopWhen', 'onEvent', 'rank'] as const) checkType(name, options[name], 'function')
  if (typeof options.guard !== 'function') checkChoice('guard', options.guard, ['ask', 'deny', 'off'])
  checkTracer(options.trace)
  checkChoice('toolChoice', options.toolChoice, ['auto', 'none', 'required'])
  checkChoice('catalogue', options.catalogue, ['always', 'never', 'auto'])
  checkChoice('outputMode', options.outputMode, ['native', 'json', 'tool', 'text'])
  const { toolCallConcurrency: concurrency = 1 } = options
  const isCount = concurrency === Number.POSITIVE_INFINITY || (Number.isInteger(concurrency) && concurrency >= 1)
  if (!isCount) throw invalidOptions(`\`toolCallConcurrency\` must be a positive integer, not ${concurrency}.`)
}

/**
 * Checks the options of one call of an agent.
 *
 * @throws {AgentError} `invalid-options` for an option that is unknown or not of its type.
 */
export function checkCallOptions(options: object, call: CallName): void {
  const hints = Object.entries(hintsOf[call] ?? {}).flatMap(([name, hint]) => (name in Object(options) ? [hint] : []))
  checkNames(options, { names: callOptions[call], what: `an option of ${call}()`, instead: insteadInCall, ...(hints[0] && { hint: hints[0] }) })
  const { signal, runId, journal, engine, artifacts, retryAfterText, onEvent, toolChoice, metadata, session, whilePaused, attended }: Partial<StreamOptions> =
    options
  checkType('onEvent', onEvent, 'function')
  checkType('attended', attended, 'boolean')
  if (signal !== undefined && !(typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function')) {
    throw invalidOptions(`\`signal\` must be an AbortSignal, not ${kindOf(signal)}. Of an AbortController it is \`controller.signal\`.`)
  }
  if (runId !== undefined && (typeof runId !== 'string' || runId === ''))
    throw invalidOptions(`\`runId\` must be a text that is not empty, not ${kindOf(runId)}.`)
  if (journal !== undefined) checkJournal(journal)
  if (engine !== undefined && typeof engine?.steps !== 'function')
    throw invalidOptions(`\`engine\` must be the engine that a workflow gives, not ${kindOf(engine)}.`)
  checkArtifacts(artifacts)
  checkSession(session, whilePaused)
  checkChoice('retryAfterText', retryAfterText, ['fail', 'restart'])
  checkChoice('toolChoice', toolChoice, ['auto', 'none', 'required'])
  if (metadata !== undefined && !isPlainJson(metadata)) {
    throw invalidOptions('`metadata` must be plain JSON: an object of texts, numbers, booleans, null, lists and objects.')
  }
  if (metadata !== undefined && !isJsonObject(metadata)) throw invalidOptions(`\`metadata\` must be an object, not ${kindOf(metadata)}.`)
}

function checkSession(session: unknown, whilePaused: unknown): void {
  if (session !== undefined && !(typeof session === 'object' && session !== null && 'isSession' in session)) {
    throw invalidOptions(`\`session\` must be a session, such as \`await Session.open(fileSessions(folder), id)\` gives, not ${kindOf(session)}.`)
  }
  checkChoice('whilePaused', whilePaused, ['refuse', 'queue'])
  if (whilePaused !== undefined && session === undefined) throw invalidOptions('`whilePaused` is about a session. Pass `session` too, or leave it out.')
}

/**
 * Reads the settings of one run: a run records them, and a setting that is `undefined` is not set.
 *
 * @throws {AgentError} `invalid-options` for settings that are not plain JSON. The model checks names and values.
 */
export function readSettings(given: RunSettings): RunSettings {
  const settings = isJsonObject(given) ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) : given
  if (isPlainJson(settings) && isJsonObject(settings)) return settings
  throw invalidOptions(`\`settings\` of a run must be an object of plain JSON, which the run records${isJsonObject(given) ? '' : `, not ${kindOf(given)}`}.`)
}

/**
 * Reads what the caller gave to a run.
 *
 * @throws {AgentError} `invalid-messages` for input that is empty or that a provider would refuse.
 */
export function readInput(input: string | readonly Message[]): readonly Message[] {
  if (typeof input !== 'string' && !Array.isArray(input)) {
    throw new AgentError(`The input must be a text or a list of messages, not ${kindOf(input)}.`, { code: 'invalid-messages' })
  }
  const messages = typeof input === 'string' ? [user(input)] : input
  checkMessages(messages)
  const last = messages.at(-1)
  if (last?.role === 'user' && isBlank(last.content)) {
    throw new AgentError('The input is empty. Say what the agent shall do, as a text or as a message with text or an image.', { code: 'invalid-messages' })
  }
  return messages
}

function isBlank(content: Extract<Message, { role: 'user' }>['content']): boolean {
  if (typeof content === 'string') return content.trim() === ''
  return content.every((part) => part.type === 'text' && part.text.trim() === '')
}

function checkArtifacts(store: unknown): void {
  if (store === undefined || ['put', 'get', 'delete'].every((name) => typeof Object(store)[name] === 'function')) return
  throw invalidOptions(`\`artifacts\` must be a store with put, get and delete, such as \`journal.artifacts\`, not ${kindOf(store)}.`)
}

function checkTracer(tracer: unknown): void {
  if (tracer === undefined || ['onEvent', 'onRequest'].every((name) => typeof Object(tracer)[name] === 'function')) return
  throw invalidOptions(`\`trace\` must be what \`traceTo(folder)\` of @capstan/trace makes, not ${kindOf(tracer)}.`)
}

function checkType(name: string, value: unknown, type: 'string' | 'function' | 'boolean'): void {
  if (value !== undefined && typeof value !== type) throw invalidOptions(`\`${name}\` must be a ${type}, not ${kindOf(value)}.`)
}

function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.some((choice) => choice === value)) return
  throw invalidOptions(`\`${name}\` must be one of '${choices.join("', '")}', not ${typeof value === 'string' ? `'${value.slice(0, 100)}'` : kindOf(value)}.`)
}
