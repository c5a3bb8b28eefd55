import { Agent, AgentError, type Journal, type Message, type Model, type ModelReply, type ModelRequest, toolCallsOf } from '@capstan/core'
import { noteTool, Witness } from '@capstan/test-kit'
import type { EndedRun } from './crash.ts'
import type { TeamDeath } from './points.ts'
import { countingJournal } from './team.ts'

export interface OverflowSetting {
  readonly runId: string
  /** Path of the file that counts what happened outside of any journal. */
  readonly witness: string
  /** Where this process dies. */
  readonly overflow?: TeamDeath | undefined
}

const steps = 10
/** Characters of a result. */
const resultLength = 4_000
/** The context window, and the output limit that counts towards it, in characters. */
const window = 20_000
const output = 3_000
const keepSteps = 2

/** One process of a run whose requests exceed the context window again and again. What was done about it is part of the result. */
export async function runOverflowIn(journal: Journal, { runId, witness, overflow }: OverflowSetting): Promise<EndedRun> {
  const outside = new Witness(witness)
  const dying = countingJournal(journal, overflow ?? {})
  const work = noteTool('work', {
    effect: 'idempotent',
    execute: (_input, { idempotencyKey }) => {
      outside.add(`effect work ${idempotencyKey}`)
      return 'x'.repeat(resultLength)
    },
  })
  const agent = new Agent({ name: 'overflowing', model: smallModel(outside), tools: [work], history: { clear: 'window', summariseAt: false, keepSteps } })
  const { stopReason, messages, edits, toolCalls, usage } = await agent.generate('Go.', { journal: dying, runId })
  return { text: JSON.stringify({ stopReason, edits, unknownAttempts: usage.unknownAttempts }), messages, toolCalls }
}

/** A model with a small context window. What it replies follows from the request, so each process gets the same. */
function smallModel(outside: Witness): Model {
  return {
    id: 'test/small',
    traits: { tools: true, toolChoices: [], candidates: 1 },
    async *stream(request) {
      outside.add('model')
      yield [{ type: 'reply', reply: replyTo(request) }]
    },
    complete: () => Promise.reject(new Error('The tests do not use it.')),
  }
}

function replyTo({ messages, maxOutputTokens = output }: ModelRequest): ModelReply {
  const size = JSON.stringify(messages).length
  if (size + maxOutputTokens > window) throw refusal(window - size)
  const done = lastStep(messages)
  const call = { type: 'tool-call', toolCallId: `call_${done + 1}`, toolName: 'work', inputText: `{"n":${done + 1}}` } as const
  const usage = { inputTokens: size, outputTokens: 10, totalTokens: size + 10 }
  const isEnd = done === steps
  const message = { role: 'assistant', content: isEnd ? 'The end.' : [call] } as const
  return { message, finishReason: isEnd ? 'stop' : 'tool-calls', atOutputLimit: false, usage, response: {} }
}

/** Only the first measure names a size: each refusal leads to another one. */
function refusal(room: number): AgentError {
  const overflow = room >= 256 ? { roomTokens: room } : {}
  return new AgentError('Too long.', { code: 'context-overflow', phase: 'headers', status: 400, overflow })
}

function lastStep(messages: readonly Message[]): number {
  const message = messages.findLast(({ role }) => role === 'assistant')
  const [call] = message?.role === 'assistant' ? toolCallsOf(message) : []
  return Number(call?.toolCallId.slice('call_'.length) ?? 0)
}
