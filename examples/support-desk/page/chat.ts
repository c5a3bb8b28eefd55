import { applyEvent, emptyView, type RunView } from '@capstan/server/view'
import { agents } from './api.ts'
import { Composer } from './composer.ts'
import { announce, drawer, el } from './dom.ts'
import { visible } from './format.ts'
import { ProblemBox, problemOf, usedUp } from './problems.ts'
import { RunElement } from './run-view.ts'
import { turnsOf } from './turns.ts'
import { welcome } from './welcome.ts'

interface ChatOptions {
  /** Names the conversation. */
  readonly session: string
  /** True for one that nobody has begun. */
  readonly isNew: boolean
  /** Called when something was said in it. */
  readonly onSaid: (text: string) => void
}

/** One conversation with the agent. */
export class Chat {
  readonly element: HTMLElement
  readonly #options: ChatOptions
  readonly #log = el('div', { class: 'log', role: 'log', 'aria-live': 'off', 'aria-label': 'Conversation', tabindex: '0' })
  readonly #problems = new ProblemBox()
  readonly #composer = new Composer({ send: (text) => void this.#send(text), stop: () => void this.#stop() })
  readonly #closed = new AbortController()
  #runId: string | undefined
  /** What could not be sent, or whose answer was lost. */
  #unsent: { readonly text: string; readonly key: string } | undefined

  constructor(options: ChatOptions) {
    this.#options = options
    const hint = el('p', { class: 'hint' }, 'Enter sends, Shift and Enter makes a new line, Escape stops.')
    const foot = el('div', { class: 'foot' }, this.#problems.element, this.#composer.element, hint)
    this.element = el('main', { class: 'chat' }, this.#log, foot)
  }

  /** Shows what was said before. If an answer is still coming, or waits for a supervisor, it continues here. */
  async open(): Promise<void> {
    if (!this.#options.isNew) await this.#load()
    if (this.#log.childElementCount === 0) this.#log.append(welcome((text) => void this.#send(text)))
    this.#composer.focus()
  }

  async #load(): Promise<void> {
    try {
      const { messages, openRun } = await agents.session(this.#options.session)
      for (const { said, view } of turnsOf(messages)) this.#addTurn(said).update(view)
      if (openRun !== undefined) await this.#reopen(openRun)
      this.#scroll(true)
    } catch (error) {
      // The address may name a conversation in which nothing was said, or one of somebody else.
      if (Object(error).status !== 404) this.#problems.show(problemOf(error), () => location.reload())
    }
  }

  close(): void {
    this.#closed.abort()
  }

  async #reopen(runId: string): Promise<void> {
    const { input = '' } = await agents.run(runId)
    void this.#follow(runId, this.#addTurn(input), input)
  }

  async #send(text: string): Promise<void> {
    this.#problems.clear()
    this.#log.querySelector('.welcome')?.remove()
    const run = this.#addTurn(text)
    run.update({ ...emptyView, steps: [{ step: 1, path: [], reasoning: '', text: '', calls: [], isWriting: true }] })
    this.#scroll(true)
    this.#composer.setState('busy')
    // A message that is sent again has the key that it had, so it does not become a second run.
    const key = this.#unsent?.text === text ? this.#unsent.key : crypto.randomUUID()
    this.#unsent = { text, key }
    try {
      const { runId } = await agents.start({ input: text, session: this.#options.session, idempotencyKey: key })
      this.#unsent = undefined
      this.#options.onSaid(text)
      await this.#follow(runId, run, text)
    } catch (error) {
      run.element.previousElementSibling?.remove()
      run.element.remove()
      this.#composer.restore(text)
      this.#composer.setState('ready')
      this.#problems.show(problemOf(error), () => this.#composer.element.requestSubmit())
    }
  }

  /** Shows a run until it has ended, over breaks of the connection and restarts of the server. */
  async #follow(runId: string, run: RunElement, said: string): Promise<void> {
    let view: RunView = emptyView
    const draw = drawer((newest: RunView) => {
      const isAtEnd = this.#isAtEnd()
      run.update(newest)
      this.#scroll(isAtEnd)
    })
    this.#runId = runId
    this.#composer.setState('busy')
    try {
      for await (const event of agents.events(runId, { signal: this.#closed.signal, onRetry: () => this.#problems.showOffline() })) {
        this.#problems.clearOffline()
        view = applyEvent(view, event)
        draw(view)
        if (event.type === 'run-end' || event.type === 'run-error') this.#showEnd(view, said)
        else if (event.type === 'tool-start') this.#composer.setState('busy')
      }
    } catch (error) {
      if (!this.#closed.signal.aborted) this.#problems.show(problemOf(error), () => location.reload())
    }
    this.#runId = undefined
    this.#composer.setState('ready')
  }

  #showEnd({ pending, stopReason, error }: RunView, said: string): void {
    announce(pending.length > 0 ? 'A supervisor has to decide.' : 'The answer has ended.')
    if (pending.length > 0) this.#composer.setState('waiting')
    if (stopReason === 'max-tokens' || stopReason === 'max-cost') this.#problems.show(usedUp)
    if (error !== undefined) this.#problems.show({ title: 'The answer failed.', text: error.message, tone: 'bad' }, () => void this.#send(said))
  }

  async #stop(): Promise<void> {
    if (this.#runId === undefined) return
    await agents.stop(this.#runId).catch((error: unknown) => this.#problems.show(problemOf(error)))
  }

  #addTurn(said: string): RunElement {
    const run = new RunElement()
    this.#log.append(el('div', { class: 'said' }, el('p', {}, visible(said))), run.element)
    return run
  }

  #isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#log
    return scrollHeight - scrollTop - clientHeight < 60
  }

  /** Whoever reads further up is left there. */
  #scroll(isWanted: boolean): void {
    if (isWanted) this.#log.scrollTop = this.#log.scrollHeight
  }
}
