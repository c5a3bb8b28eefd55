import { AgentError, type Json, type Model, type ModelReply, type ModelRequest, type ModelTraits, type Tool } from '@capstan/core'
import { noteTool } from '@capstan/test-kit'

/** What one process does in a recorded run, and which faults it meets. */
export interface Stage {
  /** The point at which the process is killed: the name of a tool, or `model 2` for the request of step 2. */
  readonly dies?: string
  /** The point at which the run is aborted. */
  readonly aborts?: string
  /** The first request at each of these points fails. */
  readonly fails?: Readonly<Record<string, Failure>>
  /** True when the run is started again with its id instead of being resumed. */
  readonly isRestart?: true
  /** The answers that are given when the run is resumed. */
  readonly answers?: Readonly<Record<string, AnyAnswer>>
  /** The decisions that are stored in the journal after the process ended, before the run reads them. */
  readonly decides?: Readonly<Record<string, AnyAnswer>>
}

/** An approval, or the outcome of a call, in the form that release 0.1.0 records. */
export type AnyAnswer =
  | { readonly approve: true; readonly input?: Json; readonly answer?: Json }
  | { readonly approve: false; readonly reason?: string }
  | { readonly output: string }
  | { readonly failed: string }
  | { readonly repeat: true }

/** A request as a model receives it, without the parts that are the same in all requests of a run. */
export interface SentRequest {
  readonly model: string
  readonly instructions?: string
  readonly tools: readonly string[]
  readonly toolChoice?: string
  readonly responseFormat?: Json
  readonly messages: readonly Json[]
}

/** One reply of a scripted model. The input of a call is JSON, or a text that is sent as it is. */
export interface ScriptedReply {
  readonly text?: string
  readonly calls?: readonly (readonly [name: string, input: Json])[]
}

/** The environment of one process of a recorded run: what it sends, what its tools and hooks do, and where it ends. */
export interface World {
  readonly stage: Stage
  readonly requests: SentRequest[]
  /** Executions of tools with their idempotency keys, and calls of hooks. */
  readonly effects: Json[]
  /** Kills the process or aborts the run, and never settles. */
  readonly end: () => Promise<never>
  readonly failed: Set<string>
}

const failures = {
  overloaded: new AgentError('test/model is overloaded.', {
    code: 'provider-overloaded',
    phase: 'headers',
    retryable: true,
    status: 503,
    retryAfterMs: 1,
    providerMessage: 'Try again later.',
    requestId: 'request-1',
    usage: { inputTokens: 7, outputTokens: 1, totalTokens: 8 },
  }),
  quota: new AgentError('test/model has no quota.', { code: 'quota-exhausted', phase: 'headers', status: 429 }),
  refused: new AgentError('test/model refused the request.', {
    code: 'invalid-request',
    phase: 'headers',
    status: 400,
    providerMessage: 'Bad value.',
    requestId: 'request-2',
    usage: { inputTokens: 7, outputTokens: 1, totalTokens: 8 },
  }),
}

type Failure = keyof typeof failures | 'empty'

const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }

type ModelOptions = Partial<ModelTraits> & { readonly name?: string }

/** A model that chooses its reply by the number of replies in the messages. */
export function worldModel(world: World, replies: readonly ScriptedReply[], { name = 'model', ...traits }: ModelOptions = {}): Model {
  const id = `test/${name}`
  return {
    id,
    traits: {
      tools: true,
      toolChoices: ['auto', 'none', 'required'],
      candidates: 1,
      retryScope: `${name} ${Math.random()}`,
      prices: { currency: 'USD', input: 1_000_000, output: 2_000_000 },
      ...traits,
    },
    async *stream(request: ModelRequest) {
      world.requests.push(sentRequest(id, request))
      const step = request.messages.filter(({ role }) => role === 'assistant').length + 1
      const failure = await reach(world, `${name} ${step}`)
      const reply = failure === 'empty' ? {} : (replies[step - 1] ?? {})
      yield [{ type: 'text-delta' as const, delta: reply.text ?? '' }]
      yield [{ type: 'reply' as const, reply: modelReply(step, reply) }]
    },
    complete: () => Promise.reject(new Error('not used')),
  }
}

/** A tool that records each of its executions. */
export function worldTool(world: World, name: string, options: Partial<Tool> = {}): Tool {
  return noteTool(name, {
    execute: async (input, { idempotencyKey, answer }) => {
      world.effects.push({ tool: name, input, idempotencyKey, ...(answer !== undefined && { answer }) })
      await reach(world, name)
      return `${name} ${JSON.stringify(input)}`
    },
    ...options,
  })
}

async function reach(world: World, point: string): Promise<'empty' | undefined> {
  const { dies, aborts, fails = {} } = world.stage
  if (point === dies || point === aborts) await world.end()
  const failure = world.failed.has(point) ? undefined : fails[point]
  world.failed.add(point)
  if (failure !== undefined && failure !== 'empty') throw failures[failure]
  return failure
}

function sentRequest(model: string, { instructions, tools = [], toolChoice, responseFormat, messages }: ModelRequest): SentRequest {
  const request = { model, instructions, tools: tools.map(({ name }) => name), toolChoice, responseFormat, messages }
  return JSON.parse(JSON.stringify(request)) as SentRequest
}

function modelReply(step: number, { text, calls = [] }: ScriptedReply): ModelReply {
  const content = [
    ...(text === undefined ? [] : [{ type: 'text' as const, text }]),
    ...calls.map(([toolName, input], index) => ({
      type: 'tool-call' as const,
      toolCallId: `call_${step}_${index}`,
      toolName,
      inputText: typeof input === 'string' ? input : JSON.stringify(input),
    })),
  ]
  const finishReason = calls.length > 0 ? 'tool-calls' : 'stop'
  return {
    message: { role: 'assistant', content },
    finishReason,
    rawFinishReason: finishReason,
    atOutputLimit: false,
    usage,
    response: { id: `reply-${step}` },
  }
}
