import { createInterface } from 'node:readline'
import { type Agent, AgentError, type Message, type Run, user } from '@capstan/core'
import { parseRunArguments } from './arguments.ts'
import { askPerson, type ReadLine } from './ask-person.ts'
import { chooseAgent } from './choose-agent.ts'
import { UsageError } from './command-line.ts'
import { exitCodes } from './exit-codes.ts'
import type { Host } from './host.ts'
import { RunView } from './show-run.ts'
import { summarise } from './summary.ts'

const prompt = 'you> '
const chatHelp = 'Commands: /help, /clear (forget the conversation), /quit. Ctrl-C stops an answer; at the prompt it leaves.'

/** `capstan chat`: a conversation, line by line. Also works with lines from a pipe. */
export async function chatCommand(words: readonly string[], host: Host): Promise<number> {
  const args = parseRunArguments('chat', words)
  if (args.words.length > 0) throw new UsageError(`chat takes no words, but got '${args.words[0]}'. To ask one question: capstan run "…"`)
  const chosen = await chooseAgent({ command: 'chat', args, env: host.env })
  const view = new RunView(host, { quiet: args.quiet, answers: true })
  try {
    if (chosen.note !== undefined) view.note(chosen.note, 'yellow')
    if (host.stdin.isTTY) view.note(chatHelp)
    return await converse({ agent: chosen.agent, view, host, modelId: chosen.modelId })
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
  const lines = createInterface({ input: host.stdin, output: process.stderr, terminal: isTerminal })
  const reader = lines[Symbol.asyncIterator]()
  const read = async (prompt: string): Promise<string | undefined> => {
    lines.setPrompt(prompt)
    // Lines that wait already need no prompt, and there is nobody to read one at a pipe.
    if (isTerminal) lines.prompt()
    const { value, done } = await reader.next()
    return done === true ? undefined : value
  }
  const state: ChatState = { messages: [], exitCode: exitCodes.finished, stop: undefined, read }
  const interrupt = (): void => (state.stop === undefined ? lines.close() : state.stop())
  lines.on('SIGINT', interrupt)
  const release = host.onInterrupt(interrupt)
  try {
    for (let line = await read(prompt); line !== undefined; line = await read(prompt)) {
      if (!(await handleLine(line.trim(), state, conversation))) break
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
  readonly read: ReadLine
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
    const answer = await answerTo([...state.messages, user(line)], state, conversation)
    Object.assign(state, answer, { stop: undefined })
  }
  return true
}

interface ChatAnswer {
  readonly messages: readonly Message[]
  readonly exitCode: number
}

async function answerTo(input: readonly Message[], state: ChatState, { agent, view, modelId }: Conversation): Promise<ChatAnswer> {
  const follow = async (run: Run) => {
    state.stop = () => run.abort(new Error('interrupted'))
    view.watch(run)
    const result = await run.result
    view.note(summarise(result, modelId))
    state.stop = undefined
    return result
  }
  try {
    let result = await follow(agent.stream(input, { retryAfterText: 'restart' }))
    while (result.status === 'paused' && result.state !== undefined) {
      const answers = await askPerson(result.pending, state.read, view)
      if (answers === undefined) return { messages: result.messages, exitCode: exitCodes.paused }
      result = await follow(agent.resume(result.state, { answers, retryAfterText: 'restart' }))
    }
    return { messages: result.messages, exitCode: result.status === 'finished' ? exitCodes.finished : exitCodes.limit }
  } catch (error) {
    if (!AgentError.is(error)) throw error
    view.fail(error)
    // The question stays: the next answer can come back to it.
    return { messages: error.result?.messages ?? input, exitCode: error.code === 'aborted' ? exitCodes.aborted : exitCodes.error }
  }
}
