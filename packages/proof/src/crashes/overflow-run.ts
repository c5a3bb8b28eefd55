import { Agent, AgentError, type AssistantMessage, type Journal, type Message, type Model, type ModelReply, type RunResult, toolCallsOf } from '@capstan/core'
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

const steps = 8
/** Characters of a result, and of the text beside a call, which only a summary or the list of calls replaces. */
const resultLength = 3_000
const textLength = 1_500
/** The context window, and the output limit that counts towards it, in characters. */
const window = 20_000
const output = 5_000
/** The output limit of a summary: with it, a request may fit that does not otherwise. */
const summaryOutput = 300
const keepSteps = 3

/** One process of a run whose requests exceed the context window again and again. */
export async function runOverflowIn(journal: Journal, { runId, witness, overflow }: OverflowSetting): Promise<EndedRun> {
  const { text, messages, toolCalls } = await overflowAgent(witness).generate('Go.', { journal: countingJournal(journal, overflow ?? {}), runId })
  return { text, messages, toolCalls }
}

/** The agent of that run. The text of its results says what was done about requests that exceed the context window. */
export function overflowAgent(witness: string): Pick<Agent, 'generate' | 'resume'> {
  const outside = new Witness(witness)
  const work = noteTool('work', {
    effect: 'idempotent',
    execute: (_input, { idempotencyKey }) => {
      outside.add(`effect work ${idempotencyKey}`)
      return 'x'.repeat(resultLength)
    },
  })
  const history = { clear: 'window', summariseAt: false, keepSteps, summary: { maxOutputTokens: summaryOutput } } as const
  const agent = new Agent({ name: 'overflowing', model: smallModel(outside, output), tools: [work], history })
  return {
    async generate(input, options) {
      const result: RunResult = await agent.generate(input, options)
      const { stopReason, edits, usage } = result
      return { ...result, text: JSON.stringify({ stopReason, edits, unknownAttempts: usage.unknownAttempts }) }
    },
    // No crash test continues a state.
    resume: agent.resume.bind(agent),
  }
}

/** A model with a small context window. What it replies follows from the request, so each process gets the same. */
function smallModel(outside: Witness, outputLimit: number): Model {
  return {
    id: 'test/small',
    traits: { tools: true, toolChoices: [], candidates: 1 },
    // A request for a summary sets its output limit in this way.
    withSettings: ({ maxOutputTokens = outputLimit }) => smallModel(outside, maxOutputTokens),
    async *stream({ messages, maxOutputTokens = outputLimit }) {
      outside.add('model')
      yield [{ type: 'reply', reply: replyTo(messages, maxOutputTokens) }]
    },
    complete: () => Promise.reject(new Error('The tests do not use it.')),
  }
}

function replyTo(messages: readonly Message[], maxOutputTokens: number): ModelReply {
  // Keys of results are not sent, and the id of the run in them differs in length between runs.
  const size = JSON.stringify(messages, (name, value: unknown) => (name === 'key' ? undefined : value)).length
  if (size + maxOutputTokens > window) throw refusal(window - size)
  const content = contentAfter(messages)
  const usage = { inputTokens: size, outputTokens: 10, totalTokens: size + 10 }
  const finishReason = typeof content === 'string' ? 'stop' : 'tool-calls'
  return { message: { role: 'assistant', content }, finishReason, atOutputLimit: false, usage, response: {} }
}

function contentAfter(messages: readonly Message[]): AssistantMessage['content'] {
  const last = messages.at(-1)
  if (last?.role === 'user' && String(last.content).includes('Write a summary now')) return 'What was done.'
  const done = lastStep(messages)
  if (done === steps) return 'The end.'
  return [
    { type: 'text', text: 'y'.repeat(textLength) },
    { type: 'tool-call', toolCallId: `call_${done + 1}`, toolName: 'work', inputText: `{"n":${done + 1}}` },
  ]
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
