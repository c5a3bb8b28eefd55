import { AgentError, type Dispatcher, type DispatchHandler, type DispatchOptions } from '@capstan/core'
import { invalidOptions, kindOf } from '@capstan/core/internal'
import { exchangeKey, keyOfExchange } from '../format/exchange-key.ts'
import type { ExchangeLine } from '../format/lines.ts'
import { compareRequests, messagesOf, parseBody } from './compare-requests.ts'
import { type Pace, playExchange } from './play-exchange.ts'
import { showDifferences } from './show-differences.ts'

/** How a tape is played. */
export interface PlayerOptions {
  /** For messages. */
  readonly file: string
  readonly pace: Pace
  /** What becomes of the body of a request before it is compared: what the recording did to it. */
  readonly clean: (body: string) => string
  /** Takes out of the bodies of both sides what varies from run to run. Default: nothing varies. */
  readonly match: ((body: string) => string) | undefined
}

/** A request, with the body that is compared. */
interface MadeRequest {
  readonly path: string
  readonly made: string
}

/** Replays a tape: each exchange once, equal requests in the order of the recording. It reaches no network. */
export class TapePlayer implements Dispatcher {
  readonly isOffline = true
  readonly isTape = true
  readonly #exchanges: readonly ExchangeLine[]
  readonly #options: PlayerOptions
  /** By key: exchanges that no request has asked for. */
  readonly #waiting = new Map<string, ExchangeLine[]>()
  readonly #used = new Set<ExchangeLine>()
  readonly #keys: ReadonlyMap<ExchangeLine, string>

  constructor(exchanges: readonly ExchangeLine[], options: PlayerOptions) {
    this.#exchanges = exchanges
    this.#options = options
    this.#keys = new Map(exchanges.map((exchange) => [exchange, this.#keyOfRecorded(exchange)]))
    for (const [exchange, key] of this.#keys) {
      const waiting = this.#waiting.get(key)
      if (waiting === undefined) this.#waiting.set(key, [exchange])
      else waiting.push(exchange)
    }
  }

  /** Exchanges that no request has asked for, in the order of the tape. */
  get unused(): readonly ExchangeLine[] {
    return this.#exchanges.filter((exchange) => !this.#used.has(exchange))
  }

  /** @throws {AgentError} `unexpected-request` for a request that is not on the tape, or not once more. */
  dispatch(request: DispatchOptions, handler: DispatchHandler): boolean {
    const { method, origin, path, body } = request
    const made = this.#compared(this.#options.clean(Buffer.from(body).toString()))
    const key = exchangeKey({ method, url: `${origin}${path}`, body: made })
    const exchange = this.#waiting.get(key)?.shift()
    if (exchange === undefined) throw this.#miss(key, { path, made })
    this.#used.add(exchange)
    playExchange(exchange, handler, this.#options.pace)
    return true
  }

  /** @throws {AgentError} `unexpected-request` for exchanges that no request has asked for. */
  assertDone(): void {
    const { unused } = this
    if (unused.length === 0) return
    const listed = unused.slice(0, 3).map((exchange) => `\n  exchange ${this.#exchanges.indexOf(exchange) + 1}, ${describeRequest(exchange)}`)
    const more = unused.length > 3 ? `\n  and ${unused.length - 3} more` : ''
    const message = `${unused.length} of ${this.#exchanges.length} exchanges on the tape ${this.#options.file} were never asked for:${listed.join('')}${more}`
    throw new AgentError(message, { code: 'unexpected-request' })
  }

  #keyOfRecorded(exchange: ExchangeLine): string {
    const { method, url } = exchange.request
    return this.#options.match === undefined ? keyOfExchange(exchange) : exchangeKey({ method, url, body: this.#compared(textOfRequest(exchange)) })
  }

  /** @throws {AgentError} `invalid-options` where `match` does not return a text. */
  #compared(body: string): string {
    const { match } = this.#options
    const text: unknown = match === undefined ? body : match(body)
    if (typeof text === 'string') return text
    throw invalidOptions(`\`match\` of openTape() must return the text that is compared, not ${kindOf(text)}.`)
  }

  #miss(key: string, request: MadeRequest): AgentError {
    const { file } = this.#options
    const times = this.#exchanges.filter((one) => this.#keys.get(one) === key).length
    const help = 'Record the tape again if the request is as it should be.'
    const message =
      times > 0
        ? `The tape ${file} has this request ${times === 1 ? 'once' : `${times} times`}, and now it came once more. ${help}`
        : `The request is not on the tape ${file}. ${help}\n${this.#describeNearest(request)}`
    return new AgentError(message, { code: 'unexpected-request' })
  }

  #describeNearest({ path, made }: MadeRequest): string {
    const candidates = this.unused.length > 0 ? this.unused : this.#exchanges
    const compared = candidates.map((exchange) => ({ exchange, differences: compareRequests(this.#compared(textOfRequest(exchange)), made) }))
    const least = Math.min(...compared.map(({ differences }) => differences.length))
    const nearest = compared.find(({ differences }) => differences.length === least)
    if (nearest === undefined) return 'The tape is empty.'
    const { exchange, differences } = nearest
    const recordedPath = pathOf(exchange)
    const all = recordedPath === path ? differences : [{ where: 'path', recorded: recordedPath, made: path }, ...differences]
    const position = this.#exchanges.indexOf(exchange) + 1
    const used = this.#used.has(exchange) ? ', which was played already' : ''
    return [`The nearest is exchange ${position} of ${this.#exchanges.length}${used}; - is recorded, + is new:`, ...showDifferences(all)].join('\n')
  }
}

/** The body of a recorded request as text. */
export function textOfRequest({ request }: ExchangeLine): string {
  return request.bodyEncoding === 'base64' ? Buffer.from(request.body, 'base64').toString() : request.body
}

function describeRequest(exchange: ExchangeLine): string {
  const messages = messagesOf(parseBody(textOfRequest(exchange)) ?? {})
  const newest = messages.at(-1)
  const text = newest === undefined ? exchange.request.url : `${messages.length} messages, the last: ${JSON.stringify(newest)}`
  return text.length > 160 ? `${text.slice(0, 159)}…` : text
}

function pathOf({ request }: ExchangeLine): string {
  const { pathname, search } = new URL(request.url)
  return `${pathname}${search}`
}
