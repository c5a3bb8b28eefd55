import type { Json, Model, ModelReply, ModelRequest } from '@capstan/core'
import type { World } from './world.ts'

/** A call that a model makes: the name of a tool and its input. */
export type Call = readonly [tool: string, input: Json]

/** What a model does in one step. */
export interface Move {
  readonly calls?: readonly Call[]
  readonly text?: string
}

/** A move, or what makes one of the request. */
export type Step = Move | ((request: ModelRequest) => Move)

export interface HostileModelOptions {
  /** The name of its agent. */
  readonly agent: string
  readonly steps: readonly Step[]
  /** What it writes when it is asked for a summary. */
  readonly summary?: string
}

/**
 * A model that is wholly in the hands of an attacker. It follows its script whatever it is sent, so no rewrite of the history, refusal or
 * warning changes what it does. Its memory is the world, so that it continues in another process, too.
 */
export function hostileModel(world: World, { agent, steps, summary = 'The work continues.' }: HostileModelOptions): Model {
  return {
    id: `test/${agent}`,
    traits: { tools: true, toolChoices: ['auto'], candidates: 1, outputModes: ['json'] },
    async *stream(request) {
      if (isAskedForSummary(request)) {
        yield [{ type: 'reply', reply: replyOf({ text: summary }) }]
        return
      }
      const step = steps[world.of('request').filter((each) => each.agent === agent).length] ?? {}
      world.note({ kind: 'request', agent })
      const move = typeof step === 'function' ? step(request) : step
      yield [{ type: 'reply', reply: replyOf(move) }]
    },
    complete: () => Promise.reject(new Error('No run completes a request outside of its steps.')),
  }
}

function isAskedForSummary({ messages }: ModelRequest): boolean {
  const last = messages.at(-1)
  return last?.role === 'user' && JSON.stringify(last.content).includes('Write a summary now')
}

function replyOf({ text, calls = [] }: Move): ModelReply {
  const toolCalls = calls.map(([toolName, input], index) => ({
    type: 'tool-call' as const,
    toolCallId: `call_${index}`,
    toolName,
    inputText: JSON.stringify(input),
  }))
  const said = text ?? (calls.length === 0 ? 'Done.' : undefined)
  const content = [...(said === undefined ? [] : [{ type: 'text' as const, text: said }]), ...toolCalls]
  const finishReason = calls.length > 0 ? 'tool-calls' : 'stop'
  return { message: { role: 'assistant', content }, finishReason, rawFinishReason: finishReason, atOutputLimit: false, usage: {}, response: {} }
}
