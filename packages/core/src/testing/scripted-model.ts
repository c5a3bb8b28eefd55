import { AgentError } from '../errors.ts'
import { toolCallsOf } from '../messages.ts'
import type { FinishReason, Model, ModelCallOptions, ModelEvent, ModelReply, ModelRequest, ModelTraits } from '../model.ts'
import type { Usage } from '../usage.ts'

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
  /** Never goes on after the deltas; ends with the signal alone. */
  readonly hangs?: boolean
}

/** A model that answers from a script and keeps what it was asked. A request beyond the script fails. */
export function scriptedModel(answers: readonly Answer[], traits: Partial<ModelTraits> = {}): Model & { readonly requests: readonly ModelRequest[] } {
  const requests: ModelRequest[] = []
  return {
    id: 'test/scripted',
    requests,
    traits: { tools: true, toolChoices: ['auto', 'none', 'required'], candidates: 1, ...traits },
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
