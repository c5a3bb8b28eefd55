import { AgentError } from '../contract/errors.ts'
import { type Message, textOf, toolCallsOf } from '../contract/messages.ts'
import type { Model, ModelCallOptions, ModelRequest, ModelTraits } from '../contract/model.ts'
import { checkNames, invalidOptions, kindOf } from '../contract/options.ts'
import { answerOf, deltasOf, replyOf, type ScriptedAnswer, type ScriptedModelReply } from './reply.ts'

/** Options of `scriptedModel()`: facts about the model that the loop depends on, and these. */
export interface ScriptedModelOptions extends Partial<ModelTraits> {
  /** Default: `test/scripted`. */
  readonly id?: string
  /** Called once with `assertDone`, to be called at the end of the test: `onTestFinished` of vitest, or `t.after` of `node:test`. Default: nobody calls it. */
  readonly after?: (check: () => void) => void
}

/** A model that replies from a script. */
export interface ScriptedModel extends Model {
  /** What it was asked, in order; also the requests that it had no reply for. */
  readonly requests: readonly ModelRequest[]
  /**
   * Checks that every reply was asked for, and that nothing more was.
   *
   * @throws {AgentError} `unexpected-request`, naming the replies or the request.
   */
  assertDone(): void
}

const traitNames: Readonly<Record<keyof ModelTraits, true>> = {
  tools: true,
  toolNames: true,
  toolChoices: true,
  outputModes: true,
  closedSchemas: true,
  candidates: true,
  retryScope: true,
  prices: true,
  contextWindow: true,
  maxOutputTokens: true,
  cacheLifetimeMs: true,
}
const optionNames = [...Object.keys(traitNames), 'id', 'after']

let lastScope = 0

/**
 * Makes a model that gives these replies in order, without a network: the agent, its tools and its limits are real. A request beyond the
 * script fails and is not retried.
 *
 * @throws {AgentError} `invalid-options`.
 */
export function scriptedModel(replies: readonly ScriptedModelReply[], options: ScriptedModelOptions = {}): ScriptedModel {
  checkNames(options, { names: optionNames, what: 'an option of scriptedModel()' })
  if (!Array.isArray(replies)) throw invalidOptions(`scriptedModel() takes a list of replies, not ${kindOf(replies)}.`)
  const { id = 'test/scripted', after, ...traits } = options
  const requests: ModelRequest[] = []
  const script: Script = { id, replies, requests }
  const assertDone = (): void => check(script)
  after?.(assertDone)
  return {
    id,
    requests,
    assertDone,
    // Each model has its own retry budget, so that failures of one test do not reduce the retries of another.
    traits: { tools: true, toolChoices: ['auto', 'none', 'required'], candidates: 1, retryScope: `${id} ${++lastScope}`, ...traits },
    async *stream(request: ModelRequest, { signal }: ModelCallOptions) {
      const answer = next(script, request)
      yield deltasOf(answer)
      if (answer.hangs) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
      if (answer.error !== undefined) throw answer.error
      yield [{ type: 'reply', reply: replyOf(answer) }]
    },
    complete: async (request) => {
      const answer = next(script, request)
      if (answer.error !== undefined) throw answer.error
      const reply = replyOf(answer)
      return { ...reply, candidates: [{ message: reply.message, finishReason: reply.finishReason }], attempts: 1, raw: null, warnings: [] }
    },
    withSettings() {
      return this
    },
  }
}

interface Script {
  readonly id: string
  readonly replies: readonly ScriptedModelReply[]
  readonly requests: ModelRequest[]
}

function next({ id, replies, requests }: Script, request: ModelRequest): ScriptedAnswer {
  requests.push({ ...request, messages: [...request.messages] })
  const reply = replies[requests.length - 1]
  if (reply === undefined) throw unexpected(`The script of ${id} has ${count(replies.length)}, and this is request ${requests.length}, ${newestOf(request)}.`)
  return answerOf(reply, request)
}

function check({ id, replies, requests }: Script): void {
  const extra = requests[replies.length]
  if (extra !== undefined)
    throw unexpected(
      `The script of ${id} has ${count(replies.length)}, and ${requests.length} requests came. The first without a reply came ${newestOf(extra)}.`,
    )
  if (requests.length === replies.length) return
  const missing = replies.slice(requests.length).map((reply, index) => `\n  ${requests.length + index + 1}. ${describeReply(reply)}`)
  throw unexpected(`The script of ${id} has ${count(replies.length)}, and only ${requests.length} came to be asked for. Never asked for:${missing.join('')}`)
}

function count(replies: number): string {
  return `${replies} ${replies === 1 ? 'reply' : 'replies'}`
}

function newestOf({ messages }: ModelRequest): string {
  const newest = messages.at(-1)
  return newest === undefined ? 'without a message' : `after ${describeMessage(newest)}`
}

function describeMessage(message: Message): string {
  switch (message.role) {
    case 'tool':
      return `the result of ${message.content[0].toolName}: ${cut(message.content[0].text)}`
    case 'user':
      return `the user message: ${cut(textOf(message))}`
    case 'assistant':
      return `the message of the model: ${cut(
        textOf(message) ||
          toolCallsOf(message)
            .map(({ toolName }) => toolName)
            .join(', '),
      )}`
    default:
      return `the system message: ${cut(message.content)}`
  }
}

function describeReply(reply: ScriptedModelReply): string {
  if (typeof reply === 'function') return 'a reply that a function makes'
  const { text, calls = [], error } = answerOf(reply, { messages: [] })
  if (error !== undefined) return `the error: ${cut(error.message)}`
  const called = calls.map(({ name, input }) => `${name} ${cut(JSON.stringify(input))}`)
  return [...called, ...(text === undefined ? [] : [cut(JSON.stringify(text))])].join(', ') || 'an empty reply'
}

const maxCharacters = 200

function cut(text: string): string {
  return text.length > maxCharacters ? `${text.slice(0, maxCharacters - 1)}…` : text
}

function unexpected(message: string): AgentError {
  return new AgentError(message, { code: 'unexpected-request' })
}
