import { AgentError, decide, type Journal, type ListedRun, type Message, openQuestions, type PendingQuestion, type Session } from 'capstan'
import type { ChannelParts } from './channel-parts.ts'
import { ChannelRuns } from './channel-runs.ts'
import { type Decision, resolveDecision, shortIdOf, showQuestion } from './questions.ts'

/** The conversation of one channel: what is written while a run is open is input of the next one. */
export class Channel {
  readonly #session: Session
  readonly #parts: ChannelParts
  readonly #runs: ChannelRuns
  #isClosing = false
  /** True after it was said that too many messages wait. */
  #hasWarned = false
  #turn: Promise<unknown> = Promise.resolve()

  constructor(session: Session, parts: ChannelParts) {
    this.#session = session
    this.#parts = parts
    this.#runs = new ChannelRuns(session, parts, () => this.wake())
  }

  /** Begins a run with a message, or keeps it for the next run. Resolves when the disk has it. A message that was taken before does nothing. */
  async take(runId: string, messages: readonly Message[]): Promise<void> {
    await this.#inTurn(async () => {
      const { journal, maxWaiting, outbox } = this.#parts
      const { queued } = await this.#session.refresh()
      if (outbox.has(runId) || (await hasRun(journal, runId))) return
      if (queued.length < maxWaiting) return await this.#runs.begin(runId, messages)
      if (!this.#hasWarned) this.#runs.say(`${runId}!full`, `${maxWaiting} messages wait already. I do not read more until I have answered.`)
      this.#hasWarned = true
    })
  }

  /** Answers an open question of this channel, and continues the run when it has no other. Resolves to what the channel is told. */
  async decide(decision: Decision, author: string): Promise<string> {
    return await this.#inTurn(async () => {
      const { runId, open } = await this.#openQuestions()
      const found = resolveDecision(decision, open)
      if (typeof found === 'string') return found
      const { question, given } = found
      const shortId = shortIdOf(question, open)
      const isCut = showQuestion(question, open, this.#parts.questions).isTooLong
      if (isCut && decision.word !== 'no') return `[${shortId}] was not shown completely, so it can only be denied here: no ${shortId}`
      const problem = await this.#record(runId, question, given)
      if (problem !== undefined) return `[${shortId}] ${problem}`
      if (open.length === 1) await this.#runs.resume(runId)
      return `[${shortId}] ${decision.word}, says ${author}.`
    })
  }

  /** Ends the answer that is being made. Resolves to what the channel is told at once; it is told when it has ended, too. */
  async stop(): Promise<string> {
    return (await this.#runs.stop()) ? 'Stopping.' : `Nothing to stop. ${await this.status()}`
  }

  /** Says what the channel does and waits for. Continues a run whose questions were answered elsewhere, such as with `capstan runs approve`. */
  async status(): Promise<string> {
    await this.wake()
    const { open } = await this.#inTurn(() => this.#openQuestions())
    const { queued, messages, allMessages } = this.#session
    const questions = open.map((question) => shortIdOf(question, open)).join(', ')
    const idle = questions === '' ? 'I am idle.' : `I wait for an answer to ${questions}.`
    const shortened = messages.length === allMessages.length ? '' : `, ${allMessages.length} before they were shortened`
    const counts = `Messages that wait: ${queued.length}. Messages of this conversation: ${messages.length}${shortened}.`
    return `${this.#runs.isAtWork ? 'I am at work.' : idle} ${counts}`
  }

  /** Continues a run that an earlier process left, or sends its answer. Resolves when the run has its place in the session, or has ended. */
  async recover(run: Pick<ListedRun, 'runId' | 'status' | 'stopReason'>): Promise<void> {
    await this.#runs.recover(run)
  }

  /** Begins the next run, when messages wait and no run is open. */
  async wake(): Promise<void> {
    await this.#inTurn(async () => {
      const { runId, open } = await this.#openQuestions()
      if (this.#runs.isAtWork || this.#isClosing || open.length > 0) return
      if (runId !== '' && (await hasRun(this.#parts.journal, runId))) return await this.#runs.resume(runId)
      // Its process died before its first record, so nobody was told that its message was taken.
      if (runId !== '') await this.#session.release(runId)
      this.#hasWarned = false
      const [next] = this.#session.queued
      if (next !== undefined) await this.#runs.begin(next.runId, next.messages)
    })
  }

  /** Lets work in progress end, for at most this time. The next process continues the run. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true
    await this.#turn
    await this.#runs.close(graceMs)
  }

  /** Records a decision. Returns why it cannot be used. */
  async #record(runId: string, { id }: PendingQuestion, given: Parameters<typeof decide>[2][string]): Promise<string | undefined> {
    try {
      await decide(this.#parts.journal, runId, { [id]: given })
      return undefined
    } catch (error) {
      if (AgentError.is(error) && error.code === 'invalid-use') return 'cannot be answered any more: it has expired, or somebody was faster.'
      throw error
    }
  }

  /** The run that is open, and what people have to decide about it; without one, an empty id. */
  async #openQuestions(): Promise<{ readonly runId: string; readonly open: readonly PendingQuestion[] }> {
    const { openRun: runId = '' } = await this.#session.refresh()
    const isKnown = runId !== '' && (await hasRun(this.#parts.journal, runId))
    return { runId, open: isKnown ? openQuestions(await this.#parts.journal.read(runId)) : [] }
  }

  /** Whatever reads the session and acts on it comes one after the other, in the order of arrival. */
  async #inTurn<Value>(act: () => Promise<Value>): Promise<Value> {
    const turn = this.#turn.then(act)
    this.#turn = turn.catch(() => {})
    return await turn
  }
}

async function hasRun(journal: Journal, runId: string): Promise<boolean> {
  try {
    await journal.read(runId)
    return true
  } catch (error) {
    if (AgentError.is(error) && error.code === 'run-not-found') return false
    throw error
  }
}
