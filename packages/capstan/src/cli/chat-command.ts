import { type Agent, AgentError, type Answers, type Message, type Run, type RunResult, user } from '@capstan/core'
import { parseRunArguments } from './arguments.ts'
import { askInTerminal, canAsk } from './ask-in-terminal.ts'
import { chooseAgent } from './choose-agent.ts'
import { UsageError } from './command-line.ts'
import { exitCodeOf, exitCodeOfError, exitCodes } from './exit-codes.ts'
import type { Host, StopCause } from './host.ts'
import { recordTraces } from './record-traces.ts'
import { askedIn, askedLines } from './show-question.ts'
import { RunView } from './show-run.ts'
import { stopRun } from './stop-run.ts'
import { summarise } from './summary.ts'
import { LineReader } from './terminal/line-reader.ts'
import { say } from './terminal/shown-text.ts'

const help = say`Commands: /help, /clear (forget the conversation), /quit. Ctrl-C stops a reply; at the prompt it ends the chat.`

/** `capstan chat`: a conversation, line by line. It also reads lines from a pipe. */
export async function chatCommand(words: readonly string[], host: Host): Promise<number> {
  const args = parseRunArguments('chat', words)
  if (args.words.length > 0) throw new UsageError(`chat takes no arguments, but got '${args.words[0]}'. To ask one question: capstan run "…"`)
  const { agent, note, close } = await chooseAgent({ command: 'chat', args, env: host.env })
  const view = new RunView(host, { quiet: args.quiet, answers: true, full: args.full })
  try {
    if (note !== undefined) view.note(note, 'yellow')
    const traced = await recordTraces(args.trace, host.env)
    if (traced !== undefined) view.note(traced)
    if (host.stdin.isTTY) view.note(help)
    return await new Chat({ agent, view, host, graceMs: args.graceMs }).converse()
  } finally {
    await close()
  }
}

interface ChatParts {
  readonly agent: Agent
  readonly view: RunView
  readonly host: Host
  /** How long work in progress may take after SIGTERM, in milliseconds. */
  readonly graceMs: number
}

/** A conversation: its messages so far, and the current run. */
class Chat {
  readonly #agent: Agent
  readonly #view: RunView
  readonly #host: Host
  readonly #graceMs: number
  readonly #reader: LineReader
  #messages: readonly Message[] = []
  #exitCode: number = exitCodes.finished
  #run: Run | undefined
  #isOver = false

  constructor({ agent, view, host, graceMs }: ChatParts) {
    this.#agent = agent
    this.#view = view
    this.#host = host
    this.#graceMs = graceMs
    this.#reader = new LineReader(host, () => this.#stop('interrupt'))
  }

  async converse(): Promise<number> {
    const release = this.#host.onStop((cause) => this.#stop(cause))
    try {
      while (!this.#isOver) {
        const line = await this.#reader.next(say`you> `)
        if (line === undefined) break
        await this.#handle(line.trim())
      }
    } finally {
      this.#reader.close()
      release()
    }
    // A person who ends a conversation has seen how each run ended; a script needs the exit code of the last one.
    const isSeen = this.#reader.isTerminal && this.#exitCode !== exitCodes.paused
    return isSeen ? exitCodes.finished : this.#exitCode
  }

  #stop(cause: StopCause): void {
    if (this.#run !== undefined) stopRun(this.#run, cause, this.#graceMs)
    if (this.#run === undefined || cause !== 'interrupt') {
      this.#isOver = true
      this.#reader.close()
    }
  }

  async #handle(line: string): Promise<void> {
    if (line === '/quit' || line === '/exit') this.#isOver = true
    else if (line === '/clear') {
      this.#messages = []
      this.#view.note(say`The conversation is forgotten.`)
    } else if (line.startsWith('/')) this.#view.note(line === '/help' ? help : say`There is no command ${line}. ${help}`)
    else if (line !== '') await this.#answer([...this.#messages, user(line)])
  }

  async #answer(input: readonly Message[]): Promise<void> {
    // If the run fails, the question remains in the messages, so that the next reply can refer to it.
    this.#messages = input
    try {
      let result = await this.#follow(this.#agent.stream(input, { retryAfterText: 'restart', attended: canAsk(this.#host) }))
      while (result.pending.length > 0 && result.state !== undefined) {
        const answers = await this.#ask(result)
        if (answers === undefined) {
          this.#view.lines([say`The question is not answered, so nothing was run.`])
          break
        }
        result = await this.#follow(this.#agent.resume(result.state, { answers, acceptAnswers: true, retryAfterText: 'restart' }))
      }
      this.#isOver ||= result.status === 'paused'
      this.#messages = result.messages
      this.#exitCode = exitCodeOf(result)
    } catch (error) {
      if (!AgentError.is(error)) throw error
      this.#view.fail(error)
      this.#messages = error.result?.messages ?? input
      this.#exitCode = exitCodeOfError(error)
    }
  }

  async #follow(run: Run): Promise<RunResult> {
    this.#run = run
    this.#view.watch(run)
    try {
      const result = await run.result
      this.#view.note(summarise(result))
      return result
    } finally {
      this.#run = undefined
    }
  }

  async #ask({ pending }: RunResult): Promise<Answers | undefined> {
    const [host, view, reader] = [this.#host, this.#view, this.#reader]
    if (canAsk(host)) return await askInTerminal(pending, { host, view, reader })
    for (const asked of pending.map(askedIn)) {
      const room = { columns: Number.POSITIVE_INFINITY, lines: Number.POSITIVE_INFINITY }
      this.#view.lines(askedLines(asked, room).lines)
    }
    this.#view.lines([say`Nobody can be asked here, because stdin or stderr is not a terminal. To answer later, record the run:`])
    this.#view.lines([say`  capstan run --journal DIR, and then capstan runs`])
    return undefined
  }
}
