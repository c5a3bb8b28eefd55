import type { Model, ModelReply, ModelRequest } from '@capstan/core'

/** A model that makes one call with exactly these arguments and then replies "done". It keeps its requests. */
export function callingModel(toolName: string, inputText: string): Model & { readonly requests: readonly ModelRequest[] } {
  const requests: ModelRequest[] = []
  const common = { atOutputLimit: false, usage: {}, response: {} }
  const call: ModelReply = {
    ...common,
    message: { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'call_0', toolName, inputText }] },
    finishReason: 'tool-calls',
    rawFinishReason: 'tool_calls',
  }
  const done: ModelReply = {
    ...common,
    message: { role: 'assistant', content: [{ type: 'text', text: 'done' }] },
    finishReason: 'stop',
    rawFinishReason: 'stop',
  }
  return {
    id: 'test/calling',
    traits: { tools: true, toolChoices: ['auto'], candidates: 1 },
    requests,
    async *stream(request) {
      requests.push(request)
      yield [{ type: 'reply', reply: requests.length === 1 ? call : done }]
    },
    complete: () => Promise.reject(new Error('not used')),
  }
}
