import type { AgentError } from '../contract/errors.ts'
import { type AssistantMessage, toolCallsOf } from '../contract/messages.ts'
import type { FinishReason, ModelEvent, ModelReply, ModelRequest } from '../contract/model.ts'
import { invalidOptions, kindOf } from '../contract/options.ts'
import type { Usage } from '../contract/usage.ts'

/** A tool call of a scripted reply: `call('refund', { amount: 5 })`. */
export interface ScriptedCall {
  readonly name: string
  /** A string is the argument text as it is, and may be invalid JSON. */
  readonly input: unknown
  /** Default: `call_0`, `call_1`, … */
  readonly id?: string
}

/** A scripted reply in parts. */
export interface ScriptedAnswer {
  readonly reasoning?: string
  readonly text?: string
  readonly calls?: readonly ScriptedCall[]
  /** Default: `tool-calls` with calls, otherwise `stop`. */
  readonly finishReason?: FinishReason
  /** True for a reply that was cut at its output limit. Default: false. */
  readonly atOutputLimit?: boolean
  /** Default: 10 input and 5 output tokens. */
  readonly usage?: Usage
  /** Thrown after what comes before it. */
  readonly error?: AgentError
  /** True for a reply that stops after what comes before it, and ends only with the abort of the request. Default: false. */
  readonly hangs?: boolean
}

/** A scripted reply: a text, a call, calls that come together, an error that is thrown, all of it in parts, or a function that makes one of the request. */
export type ScriptedModelReply = FixedReply | ((request: ModelRequest) => FixedReply)

type FixedReply = string | ScriptedCall | readonly ScriptedCall[] | Error | ScriptedAnswer

/** Makes a tool call of a scripted reply. */
export function call(name: string, input: unknown = {}, id?: string): ScriptedCall {
  return { name, input, ...(id !== undefined && { id }) }
}

/**
 * The parts of a scripted reply.
 *
 * @throws {AgentError} `invalid-options` for a value that is not a reply.
 */
export function answerOf(reply: ScriptedModelReply, request: ModelRequest): ScriptedAnswer {
  const fixed = typeof reply === 'function' ? reply(request) : reply
  if (typeof fixed === 'string') return { text: fixed }
  // An error of another kind is a defect of a model, which a test may want to see.
  if (fixed instanceof Error) return { error: fixed as AgentError }
  if (isCalls(fixed)) return { calls: fixed }
  if (typeof fixed !== 'object' || fixed === null) {
    throw invalidOptions(`A scripted reply must be a text, \`call(name, input)\`, a list of calls, an error or an object of parts, not ${kindOf(fixed)}.`)
  }
  return 'name' in fixed ? { calls: [fixed] } : fixed
}

function isCalls(value: object): value is readonly ScriptedCall[] {
  return Array.isArray(value)
}

/** What is streamed before the reply. */
export function deltasOf({ reasoning, text, calls = [] }: ScriptedAnswer): readonly ModelEvent[] {
  return [
    ...(reasoning === undefined ? [] : [{ type: 'reasoning-delta' as const, delta: reasoning }]),
    ...(text === undefined ? [] : [{ type: 'text-delta' as const, delta: text }]),
    ...calls.map(({ name, input }, index) => ({ type: 'tool-call-delta' as const, index, toolName: name, delta: textOfInput(input) })),
  ]
}

/** The complete reply. */
export function replyOf(answer: ScriptedAnswer): ModelReply {
  const { reasoning, text, calls = [], usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 } } = answer
  const message: AssistantMessage = {
    role: 'assistant',
    content: [
      ...(reasoning === undefined ? [] : [{ type: 'reasoning' as const, text: reasoning }]),
      ...(text === undefined ? [] : [{ type: 'text' as const, text }]),
      ...calls.map(({ name, input, id }, index) => ({
        type: 'tool-call' as const,
        toolCallId: id ?? `call_${index}`,
        toolName: name,
        inputText: textOfInput(input),
      })),
    ],
  }
  const finishReason = answer.finishReason ?? (toolCallsOf(message).length > 0 ? 'tool-calls' : 'stop')
  return { message, finishReason, rawFinishReason: finishReason, atOutputLimit: answer.atOutputLimit ?? false, usage, response: {} }
}

function textOfInput(input: unknown): string {
  return typeof input === 'string' ? input : JSON.stringify(input)
}
