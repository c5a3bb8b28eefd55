import { randomUUID } from 'node:crypto'
import { AgentError } from '../contract/errors.ts'
import { type AssistantMessage, toolCallsOf } from '../contract/messages.ts'
import type { FinishReason, Model, ModelCallOptions, ModelEvent, ModelReply, ModelRequest, ModelTraits } from '../contract/model.ts'
import type { Usage } from '../contract/usage.ts'

/** One scripted answer. */
export interface Answer {
  readonly reasoning?: string
  readonly text?: string
  readonly calls?: readonly { readonly name: string; readonly input: unknown; readonly id?: string }[]
  readonly finishReason?: FinishReason
  readonly atOutputLimit?: boolean
  readonly usage?: Usage
  /** Thrown after the deltas. */
  readonly error?: AgentError
  /** Stops after the deltas, and ends only with the signal. */
  readonly hangs?: boolean
}

/** A call of a scripted answer. */
export function call(name: string, input: unknown = {}, id?: string): { readonly name: string; readonly input: unknown; readonly id?: string } {
  return { name, input, ...(id !== undefined && { id }) }
}

/** What a busy provider answers: worth a retry, at once. */
export function overloaded(): AgentError {
  return new AgentError('busy', { code: 'provider-overloaded', phase: 'headers', retryable: true, retryAfterMs: 0 })
}

/** A model whose stream is this very code. */
export function modelOf(stream: Model['stream']): Model {
  return { ...scriptedModel([]), stream }
}

/** The event that ends an answer. */
export function replyEvent(content: AssistantMessage['content'], { usage = {} }: { readonly usage?: Usage } = {}): ModelEvent {
  const reply = { message: { role: 'assistant' as const, content }, finishReason: 'stop' as const, atOutputLimit: false, usage, response: {} }
  return { type: 'reply', reply }
}

/** A model that answers from a script and keeps what it was asked. A request beyond the script fails. */
export function scriptedModel(
  answers: readonly Answer[],
  traits: Partial<ModelTraits> = {},
  id = 'test/scripted',
): Model & { readonly requests: readonly ModelRequest[] } {
  const requests: ModelRequest[] = []
  return {
    id,
    requests,
    // Each test has its own retry budget, so that its failures do not reduce the retries of another test.
    traits: { tools: true, toolChoices: ['auto', 'none', 'required'], candidates: 1, retryScope: randomUUID(), ...traits },
    async *stream(request: ModelRequest, { signal }: ModelCallOptions) {
      requests.push({ ...request, messages: [...request.messages] })
      const answer = answers[requests.length - 1]
      if (answer === undefined) throw new AgentError('The script has no further answer.', { code: 'internal' })
      yield deltasOf(answer)
      if (answer.hangs) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
      if (answer.error !== undefined) throw answer.error
      yield [{ type: 'reply', reply: replyOf(answer) }]
    },
    complete: () => Promise.reject(new Error('not used')),
  }
}

function deltasOf({ reasoning, text, calls = [] }: Answer): readonly ModelEvent[] {
  return [
    ...(reasoning === undefined ? [] : [{ type: 'reasoning-delta' as const, delta: reasoning }]),
    ...(text === undefined ? [] : [{ type: 'text-delta' as const, delta: text }]),
    ...calls.map(({ name, input }, index) => ({ type: 'tool-call-delta' as const, index, toolName: name, delta: textOfInput(input) })),
  ]
}

function replyOf(answer: Answer): ModelReply {
  const { reasoning, text, calls = [], usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 } } = answer
  const message = {
    role: 'assistant' as const,
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
