import { AgentError, type ListedRun, type Message, type PendingQuestion, type Run, type RunResult, type Session } from 'capstan'
import type { ChannelParts } from './channel-parts.ts'
import { showQuestion } from './questions.ts'

/** The runs of one channel, one at a time: begins them, sends what they answer and ask, and tells when the next one may begin. */
export class ChannelRuns {
  readonly #session: Session
  readonly #parts: ChannelParts
  /** Called when no run is open any more. */
  readonly #onEnd: () => Promise<void>
  #run: Run | undefined
  #following: Promise<void> = Promise.resolve()
  #isClosing = false

  constructor(session: Session, parts: ChannelParts, onEnd: () => Promise<void>) {
    this.#session = session
    this.#parts = parts
    this.#onEnd = onEnd
  }

  /** True while an answer is made. */
  get isAtWork(): boolean {
    return this.#run !== undefined
  }

  // region begin
  /** Begins a run, or keeps its message for the next one. Resolves when the disk has the message. */
  async begin(runId: string, messages: readonly Message[]): Promise<void> {
    const { agent, journal } = this.#parts
    const run = agent.stream(messages, { session: this.#session, journal, runId, whilePaused: 'queue', retryAfterText: 'restart' })
    if (await isOpen(run)) this.#follow(run)
  }
  // endregion

  /** Continues a run. Resolves when it has its place in the session, or has ended. */
  async resume(runId: string): Promise<void> {
    const run = this.#parts.agent.resume(runId, { session: this.#session, journal: this.#parts.journal, retryAfterText: 'restart' })
    this.#follow(run)
    // What breaks it is handled where it is followed.
    await isOpen(run).catch(() => {})
  }

  /** Continues a run that an earlier process left, or sends its answer. */
  async recover({ runId, status, stopReason }: Pick<ListedRun, 'runId' | 'status' | 'stopReason'>): Promise<void> {
    const isFailed = status === 'unusable' && stopReason === 'failed'
    if (!isFailed && !this.#isToStop(runId)) return await this.resume(runId)
    await this.#giveUp(runId, isFailed ? failure('failed') : stopped)
  }

  /** Ends the answer that is being made; a call of a tool has two seconds to end. False when there is none. */
  async stop(): Promise<boolean> {
    const run = this.#run
    if (run === undefined) return false
    // It stays stopped when the process dies now.
    await this.#parts.outbox.mark(stopKey(run.runId))
    void run.stop({ graceMs: 2_000 }).catch(() => {})
    return true
  }

  /** Lets work in progress end, for at most this time. The next process continues the run. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true
    await this.#run?.stop({ graceMs }).catch(() => {})
    await this.#following
  }

  /** Sends a text. One that was sent under this key is not sent again; a key that is the id of a run marks its end. */
  say(key: string, text: string): void {
    this.#parts.outbox.post(this.#session.id, key, text).catch(this.#report)
  }

  #follow(run: Run): void {
    this.#run = run
    const settled = run.result
      .finally(() => {
        if (this.#run === run) this.#run = undefined
      })
      .then(
        (result) => this.#settle(result),
        (error: unknown) => this.#fail(run.runId, error),
      )
    this.#following = settled.catch(this.#report)
  }

  async #settle({ runId, status, stopReason, text, pending }: RunResult): Promise<void> {
    if (status === 'paused' && this.#isToStop(runId)) return await this.#giveUp(runId, stopped)
    // This process ends, and the next one continues.
    if (stopReason === 'stopped') return
    for (const question of pending) this.say(question.id, this.#show(question, pending))
    if (status === 'paused') return
    this.say(runId, status === 'finished' ? text : `${text}\n(This answer is not complete: ${stopReason}.)`)
    await this.#onEnd()
  }

  async #fail(runId: string, error: unknown): Promise<void> {
    const code = AgentError.is(error) ? error.code : 'internal'
    if (this.#isToStop(runId)) return await this.#giveUp(runId, stopped)
    if (code === 'aborted' && this.#isClosing) return
    if (code === 'run-locked') return this.#resumeLater(runId)
    this.#report(error)
    await this.#giveUp(runId, failure(code))
  }

  /** A process on another machine, or in another container, may have the run until its lease ends: at most half a minute after its death. */
  #resumeLater(runId: string): void {
    const resume = (): void => {
      if (!this.#isClosing && !this.isAtWork) this.resume(runId).catch(this.#report)
    }
    setTimeout(resume, this.#parts.lockRetryMs).unref()
  }

  async #giveUp(runId: string, text: string): Promise<void> {
    await this.#session.refresh()
    await this.#session.release(runId)
    this.say(runId, text)
    await this.#onEnd()
  }

  #show(question: PendingQuestion, open: readonly PendingQuestion[]): string {
    return showQuestion(question, open, this.#parts.questions).text
  }

  #isToStop(runId: string): boolean {
    return this.#parts.outbox.has(stopKey(runId))
  }

  readonly #report = (error: unknown): void => console.error(`${this.#session.id}:`, error instanceof Error ? error.message : error)
}

/** Resolves when a run has its place in the session and the disk has its input: to false for one that has to wait for another one. */
async function isOpen(run: Run): Promise<boolean> {
  const begun = new Promise<undefined>((resolve) => run.on('step-start', () => resolve(undefined)))
  const ended = await Promise.race([begun, run.result])
  return ended?.stopReason !== 'queued'
}

const stopped = 'Stopped.'

function stopKey(runId: string): string {
  return `${runId}!stop`
}

function failure(code: string): string {
  return `I could not answer (${code}). To try again, write it again.`
}
