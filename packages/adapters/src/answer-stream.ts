import type { ModelEvent, ModelRequest, Warning } from '@capstan/core'
import type { AnswerReader, OpenAnswer } from './read-answer.ts'
import type { Chat } from './send.ts'

/** One call of a model. */
export interface Call {
  readonly chat: Chat
  readonly warnings: readonly Warning[]
  readonly request: ModelRequest
  readonly signal: AbortSignal
}

type Result = IteratorResult<readonly ModelEvent[], undefined>

/** undici, the parser and everything that words requests. */
let exchange: typeof import('./exchange.ts') | undefined

/** What sends and reads: it loads with the first request. */
export async function loadExchange(): Promise<typeof import('./exchange.ts')> {
  exchange ??= await import('./exchange.ts')
  return exchange
}

/** The events of one answer, an array for each chunk. Written by hand: a generator costs as much again as what it does here. */
export class AnswerStream implements AsyncIterableIterator<readonly ModelEvent[], undefined> {
  readonly #call: Call
  #open: OpenAnswer | undefined
  #reader: AnswerReader | undefined
  #isDone = false
  /** What is told before the answer. */
  readonly #told: ModelEvent[] = []
  /** Thrown by the next call, after the events that came before it. */
  #failure: { readonly error: unknown } | undefined

  constructor(call: Call) {
    this.#call = call
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<Result> {
    try {
      if (this.#failure !== undefined) throw this.#failure.error
      if (this.#reader === undefined && !this.#isDone) {
        await this.#send()
        if (this.#told.length > 0) return { done: false, value: this.#told }
      }
      while (this.#reader !== undefined && !this.#isDone) {
        const { events, isLast } = await this.#reader.next()
        if (isLast) this.#end()
        if (events.length > 0) return { done: false, value: events }
      }
      return { done: true, value: undefined }
    } catch (error) {
      this.#end()
      throw error
    }
  }

  async return(): Promise<Result> {
    this.#end()
    return { done: true, value: undefined }
  }

  /** Opens the answer. A refusal that was repaired is told of first and thrown by the next call. */
  async #send(): Promise<void> {
    const { chat, request, signal, warnings } = this.#call
    const { send, readAnswer } = exchange ?? (await loadExchange())
    try {
      const open = await send(chat, request, { stream: chat.settings.stream !== false, signal, onRepair: this.#onRepair })
      this.#open = open
      this.#reader = readAnswer(open)
    } catch (error) {
      if (this.#told.length === 0) throw error
      this.#failure = { error }
      return
    }
    // It was left in the meantime.
    if (this.#isDone) this.#open.answer.close()
    for (const warning of warnings) this.#told.push({ type: 'warning', warning })
  }

  readonly #onRepair = (event: ModelEvent): void => {
    this.#told.push(event)
  }

  #end(): void {
    this.#isDone = true
    this.#failure = undefined
    this.#open?.answer.close()
  }
}
