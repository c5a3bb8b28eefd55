import type { Json, Model, ModelReply, RunSettings } from '@capstan/core'

/** One scripted reply of a model: text, calls of tools, or an error. */
export interface Reply {
  readonly text?: string
  /** Names of tools, or names with the input; the default input is `{}`. */
  readonly calls?: readonly (string | readonly [name: string, input: Json])[]
  /** Thrown instead of a reply. */
  readonly error?: Error
}

export interface ReplyingModelOptions {
  readonly id?: string
  /** Called with the number of the step, from 1, and the settings of the run, before the reply is sent. */
  readonly onRequest?: (step: number, settings?: RunSettings) => void | Promise<void>
  /** Of a million tokens, in micro-units. Default: 1,000,000. */
  readonly price?: number
}

/** A model that counts its requests. */
export interface ReplyingModel extends Model {
  requests: number
}

/**
 * Makes a model whose next reply follows from the messages, as with a real model: a run that another process continues gets the
 * reply of its step. Beyond the last reply it says nothing.
 */
export function replyingModel(replies: readonly Reply[], options: ReplyingModelOptions = {}): ReplyingModel {
  const { id = 'test/replying', onRequest, price = 1_000_000 } = options
  const streamWith = (settings?: RunSettings): Model['stream'] =>
    async function* ({ messages }) {
      model.requests++
      const step = messages.filter(({ role }) => role === 'assistant').length + 1
      await onRequest?.(step, settings)
      const reply = replies[step - 1] ?? {}
      if (reply.error !== undefined) throw reply.error
      if (reply.text !== undefined) yield [{ type: 'text-delta', delta: reply.text }]
      yield [{ type: 'reply', reply: modelReply(reply) }]
    }
  const model: ReplyingModel = {
    id,
    traits: { tools: true, toolChoices: [], candidates: 1, prices: { currency: 'USD', input: price, output: price } },
    requests: 0,
    stream: streamWith(),
    withSettings: (settings) => ({ ...model, stream: streamWith(settings) }),
    complete: () => Promise.reject(new Error('The tests do not use it.')),
  }
  return model
}

function modelReply({ text, calls = [] }: Reply): ModelReply {
  const toolCalls = calls.map((call, index) => {
    const [toolName, input] = typeof call === 'string' ? [call, {}] : call
    return { type: 'tool-call' as const, toolCallId: `call_${index}`, toolName, inputText: JSON.stringify(input) }
  })
  const content = [...(text === undefined ? [] : [{ type: 'text' as const, text }]), ...toolCalls]
  const finishReason = calls.length > 0 ? 'tool-calls' : 'stop'
  const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }
  return { message: { role: 'assistant', content }, finishReason, rawFinishReason: finishReason, atOutputLimit: false, usage, response: {} }
}
