import { Agent, type AgentOptions, type Json, type Model, type ModelReply, type Tool, type ToolCallContext } from '@capstan/core'

/** One scripted answer: text, or calls of tools. */
export interface Reply {
  readonly text?: string
  readonly calls?: readonly (readonly [name: string, input: Json])[]
  /** Thrown instead. */
  readonly error?: Error
}

/** A model that gives the reply that follows from the messages, as a real one would. It counts its requests. */
export function replyingModel(replies: readonly Reply[]): Model & { requests: number } {
  const model = {
    id: 'test/replying',
    traits: { tools: true, toolChoices: [], candidates: 1, prices: { currency: 'USD', input: 1_000_000, output: 1_000_000 } },
    requests: 0,
    async *stream({ messages }: { readonly messages: readonly { readonly role: string }[] }) {
      model.requests++
      const reply = replies[messages.filter(({ role }) => role === 'assistant').length] ?? {}
      if (reply.error !== undefined) throw reply.error
      yield [{ type: 'text-delta' as const, delta: reply.text ?? '' }]
      yield [{ type: 'reply' as const, reply: replyOf(reply) }]
    },
    complete: () => Promise.reject(new Error('not used')),
  }
  return model
}

function replyOf({ text, calls = [] }: Reply): ModelReply {
  const content = [
    ...(text === undefined ? [] : [{ type: 'text' as const, text }]),
    ...calls.map(([toolName, input], index) => ({
      type: 'tool-call' as const,
      toolCallId: `call_${index}`,
      toolName,
      inputText: JSON.stringify(input),
    })),
  ]
  const finishReason = calls.length > 0 ? 'tool-calls' : 'stop'
  const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }
  return { message: { role: 'assistant', content }, finishReason, rawFinishReason: finishReason, atOutputLimit: false, usage, response: {} }
}

/** A tool of a few lines that keeps the inputs and keys it ran with. */
export function noteTool(
  name: string,
  options: Partial<Tool> & { readonly execute?: (input: Json, call: ToolCallContext) => string | Promise<string> } = {},
): Tool & { readonly inputs: Json[]; readonly keys: string[] } {
  const { execute = () => 'done', ...rest } = options
  const inputs: Json[] = []
  const keys: string[] = []
  return {
    name,
    description: `Tests ${name}.`,
    inputSchema: { type: 'object' },
    effect: 'once',
    repeatable: false,
    needsApproval: false,
    validate: async () => ({ ok: true }),
    run: async (input, call) => {
      inputs.push(input)
      keys.push(call.idempotencyKey)
      return { status: 'ok', text: await execute(input, call) }
    },
    inputs,
    keys,
    ...rest,
  }
}

/** A shop whose payment a person approves. */
export function shop(pay: Parameters<typeof noteTool>[1] = {}, options: Partial<AgentOptions> = {}) {
  const model = replyingModel([
    {
      calls: [
        ['look', {}],
        ['pay', { amount: 5 }],
      ],
    },
    { text: 'Paid.' },
  ])
  const tools = { look: noteTool('look', { effect: 'read' }), pay: noteTool('pay', { needsApproval: true, ...pay }) }
  return { agent: new Agent({ model, tools, ...options }), model, ...tools }
}
