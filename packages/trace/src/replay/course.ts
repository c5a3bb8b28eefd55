import { AgentError, type Dispatcher, type DispatchHandler, type DispatchOptions, type Json } from '@capstan/core'
import { canonicalJson, isJsonObject } from '@capstan/core/internal'
import type { ExchangeLine } from '../format/lines.ts'
import { compareMessages, compareSettings, type Difference, messagesOf, parseBody } from '../tape/compare-requests.ts'
import { playExchange } from '../tape/play-exchange.ts'
import { textOfRequest } from '../tape/tape-player.ts'
import { splitInstructions } from './read-input.ts'
import { textOfContent } from './recorded-results.ts'

/** Where an agent left the recorded course. */
export interface Departure {
  /** The request that the recording does not have, from 1; of a call, the request that would follow it. */
  readonly request: number
  /** `request`: it differs. `further-request`: the recording had ended. `call`: the result of a call is not recorded. `end`: the run ended before the recorded one. */
  readonly kind: 'request' | 'further-request' | 'call' | 'end'
  readonly message: string
  /** Between the nearest recorded conversation and the new one. */
  readonly differences: readonly Difference[]
}

interface Recorded {
  readonly exchange: ExchangeLine
  readonly body: string
  readonly conversation: string
}

/**
 * Plays the exchanges of a recorded run to an agent that may have changed: a recorded reply is given to the request with the same conversation.
 * Instructions, tools and parameters may differ; they are noted.
 */
export class Course implements Dispatcher {
  readonly isOffline = true
  readonly isTape = true
  readonly #recorded: readonly Recorded[]
  readonly #waiting: Set<Recorded>
  readonly #changes = new Map<string, Difference>()
  #departure: Departure | undefined
  #requests = 0

  constructor(exchanges: readonly ExchangeLine[]) {
    this.#recorded = exchanges.map((exchange) => {
      const body = textOfRequest(exchange)
      return { exchange, body, conversation: conversationOf(body) }
    })
    this.#waiting = new Set(this.#recorded)
  }

  /** What differs in requests that otherwise follow the recording: each thing once. */
  get changes(): readonly Difference[] {
    return [...this.#changes.values()]
  }

  get departure(): Departure | undefined {
    return this.#departure
  }

  /** Requests of the recording that the agent has not made. */
  get unused(): number {
    return this.#waiting.size
  }

  get requests(): number {
    return this.#requests
  }

  /** @throws {AgentError} `unexpected-request` where the agent leaves the course. */
  dispatch({ body: bytes }: DispatchOptions, handler: DispatchHandler): boolean {
    const body = Buffer.from(bytes).toString()
    const conversation = conversationOf(body)
    this.#requests++
    const same = [...this.#waiting].filter((one) => one.conversation === conversation)
    const found = same.find((one) => one.body === body) ?? same[0]
    if (found === undefined) throw this.leave(this.#describe(body))
    this.#waiting.delete(found)
    this.#note(found.body, body)
    playExchange(found.exchange, handler, 'at-once')
    return true
  }

  /** Notes that the course is left, unless it was left before; returns the error that ends the run. */
  leave(departure: Omit<Departure, 'request'>): AgentError {
    this.#departure ??= { ...departure, request: departure.kind === 'call' ? this.#requests + 1 : this.#requests }
    return new AgentError(`The run leaves the recorded course: ${departure.message}`, { code: 'unexpected-request' })
  }

  #note(recorded: string, made: string): void {
    const [old, now] = [parseBody(recorded) ?? {}, parseBody(made) ?? {}]
    const [before, after] = [splitInstructions(messagesOf(old)).instructions, splitInstructions(messagesOf(now)).instructions]
    const instructions =
      before === after || JSON.stringify(before) === JSON.stringify(after) ? [] : [{ where: 'instructions', recorded: show(before), made: show(after) }]
    for (const change of [...instructions, ...compareSettings(old, now)]) if (!this.#changes.has(change.where)) this.#changes.set(change.where, change)
  }

  #describe(made: string): Omit<Departure, 'request'> {
    const now = messagesIn(made)
    const candidates = this.#waiting.size > 0 ? [...this.#waiting] : this.#recorded
    const compared = candidates.map(({ body }) => ({ messages: messagesIn(body), differences: compareMessages(messagesIn(body), now) }))
    const nearest = compared.reduce<(typeof compared)[number] | undefined>(
      (best, one) => (best === undefined || one.differences.length < best.differences.length ? one : best),
      undefined,
    )
    const differences = nearest?.differences ?? []
    if (this.#waiting.size > 0) return { kind: 'request', message: `request ${this.#requests} is not the recorded one.`, differences }
    return { kind: 'further-request', message: `it makes request ${this.#requests}, and the recording has ${this.#recorded.length}.`, differences }
  }
}

function messagesIn(body: string): readonly Json[] {
  return splitInstructions(messagesOf(parseBody(body) ?? {})).messages
}

/** What the messages say. The form differs between models, and with what an endpoint has taught: reasoning that is sent back, content that is empty. */
function conversationOf(body: string): string {
  return canonicalJson(messagesIn(body).map(essenceOf))
}

function essenceOf(message: Json): Json {
  if (!isJsonObject(message)) return message
  const { role, content, tool_calls: calls, tool_call_id: id } = message
  const text = textOfContent(content)
  const parts = Array.isArray(content) ? content.filter((part) => isJsonObject(part) && part['type'] !== 'text') : []
  return { role: role ?? null, text: text.trim() === '' ? '' : text, parts, calls: calls ?? [], id: id ?? null }
}

function show(value: Json | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : JSON.stringify(value)
}
