import { createInterface } from 'node:readline'
import { Agent, AgentError, type Message, user } from '@capstan/core'
import { parseRunArguments } from './arguments.ts'
import { chooseModel } from './choose-model.ts'
import { exitCodes } from './exit-codes.ts'
import type { Host } from './host.ts'
import { RunView } from './show-run.ts'
import { stockTools } from './stock-tools.ts'
import { summarise } from './summary.ts'
import { UsageError } from './usage-error.ts'

const chatHelp = 'Commands: /help, /clear (forget the conversation), /quit. Ctrl-C stops an answer; at the prompt it leaves.'

/** `capstan chat`: a conversation, line by line. Also works with lines from a pipe. */
export async function chatCommand(words: readonly string[], host: Host): Promise<number> {
  const args = parseRunArguments('chat', words)
  if (args.words.length > 0) throw new UsageError(`chat takes no words, but got '${args.words[0]}'. To ask one question: capstan run "…"`)
  const chosen = await chooseModel({ args, env: host.env, offlineWithoutKey: false })
  const view = new RunView(host, { quiet: args.quiet, answers: true })
  const agent = new Agent({
    name: 'chat',
    model: chosen.model,
    tools: await stockTools(args),
    limits: args.limits,
    ...(args.instructions !== undefined && { instructions: args.instructions }),
  })
  try {
    if (chosen.note !== undefined) view.note(chosen.note, 'yellow')
    if (host.stdin.isTTY) view.note(chatHelp)
    return await converse({ agent, view, host, modelId: chosen.model.id })
  } finally {
    await chosen.close()
  }
}

interface Conversation {
  readonly agent: Agent
  readonly view: RunView
  readonly host: Host
  readonly modelId: string
}

async function converse(conversation: Conversation): Promise<number> {
  const { host } = conversation
  const isTerminal = host.stdin.isTTY === true
  // The prompt is no answer: it goes to stderr.
  const lines = createInterface({ input: host.stdin, output: process.stderr, terminal: isTerminal, prompt: 'you> ' })
  const state: ChatState = { messages: [], exitCode: exitCodes.finished, stop: undefined }
  const interrupt = (): void => (state.stop === undefined ? lines.close() : state.stop())
  lines.on('SIGINT', interrupt)
  const release = host.onInterrupt(interrupt)
  if (isTerminal) lines.prompt()
  try {
    for await (const line of lines) {
      if (!(await handleLine(line.trim(), state, conversation))) break
      if (isTerminal) lines.prompt()
    }
  } finally {
    lines.close()
    release()
  }
  // A person who leaves a conversation has not failed; a script wants to know about its last question.
  return isTerminal ? exitCodes.finished : state.exitCode
}

interface ChatState {
  messages: readonly Message[]
  exitCode: number
  /** Stops the answer that is under way. */
  stop: (() => void) | undefined
}

/** Returns false when the conversation is over. */
async function handleLine(line: string, state: ChatState, conversation: Conversation): Promise<boolean> {
  if (line === '/quit' || line === '/exit') return false
  if (line === '') return true
  if (line === '/clear') {
    state.messages = []
    conversation.view.note('Forgotten.')
  } else if (line.startsWith('/')) {
    conversation.view.note(line === '/help' ? chatHelp : `There is no command ${line}. ${chatHelp}`)
  } else {
    const answer = await answerTo([...state.messages, user(line)], conversation, (abort) => {
      state.stop = abort
    })
    Object.assign(state, answer, { stop: undefined })
  }
  return true
}

interface ChatAnswer {
  readonly messages: readonly Message[]
  readonly exitCode: number
}

async function answerTo(input: readonly Message[], { agent, view, modelId }: Conversation, onStart: (abort: () => void) => void): Promise<ChatAnswer> {
  const run = agent.stream(input, { retryAfterText: 'restart' })
  onStart(() => run.abort(new Error('interrupted')))
  view.watch(run)
  try {
    const result = await run.result
    view.note(summarise(result, modelId))
    return { messages: result.messages, exitCode: result.status === 'finished' ? exitCodes.finished : exitCodes.limit }
  } catch (error) {
    if (!AgentError.is(error)) throw error
    view.fail(error)
    // The question stays: the next answer can come back to it.
    return { messages: error.result?.messages ?? input, exitCode: error.code === 'aborted' ? exitCodes.aborted : exitCodes.error }
  }
}
