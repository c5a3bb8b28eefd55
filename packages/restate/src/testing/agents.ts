import { Agent, type Json, type Model, type ModelReply, type Tool } from '@capstan/core'

/** One scripted answer: a text, or calls of tools without input. */
export interface Reply {
  readonly text?: string
  readonly calls?: readonly string[]
  /** Thrown instead. */
  readonly error?: Error
}

/** A model that gives the reply that follows from the messages, as a real one would. It counts its requests. */
export function replyingModel(replies: readonly Reply[]): Model & { requests: number } {
  const model = {
    id: 'test/replying',
    traits: { tools: true, toolChoices: [], candidates: 1 },
    requests: 0,
    async *stream({ messages }: { readonly messages: readonly { readonly role: string }[] }) {
      model.requests++
      const reply = replies[messages.filter(({ role }) => role === 'assistant').length] ?? {}
      if (reply.error !== undefined) throw reply.error
      yield [{ type: 'reply' as const, reply: replyOf(reply) }]
    },
    complete: () => Promise.reject(new Error('not used')),
  }
  return model
}

function replyOf({ text, calls = [] }: Reply): ModelReply {
  const toolCalls = calls.map((toolName, index) => ({ type: 'tool-call' as const, toolCallId: `call_${index}`, toolName, inputText: '{}' }))
  const content = [...(text === undefined ? [] : [{ type: 'text' as const, text }]), ...toolCalls]
  const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }
  const finishReason = calls.length > 0 ? 'tool-calls' : 'stop'
  return { message: { role: 'assistant', content }, finishReason, atOutputLimit: false, usage, response: {} }
}

export type Work = (call: { readonly idempotencyKey: string; readonly signal: AbortSignal }) => Promise<string> | string

export function toolOf(name: string, run: Work, settings: Partial<Pick<Tool, 'effect' | 'needsApproval'>> = {}): Tool {
  return {
    name,
    description: `Does ${name}.`,
    inputSchema: { type: 'object' },
    effect: 'once',
    repeatable: false,
    needsApproval: false,
    validate: async () => ({ ok: true }),
    run: async (_input: Json, call) => ({ status: 'ok', text: await run(call) }),
    ...settings,
  }
}

/** Calls its one tool, then says that it is done. */
export function agentWith(tool: Tool, model: Model = replyingModel([{ calls: [tool.name] }, { text: 'Done.' }])): Agent {
  return new Agent({ model, tools: [tool] })
}
