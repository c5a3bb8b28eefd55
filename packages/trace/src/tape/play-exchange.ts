import { AgentError, type AgentErrorCode, type DispatchController, type DispatchHandler } from '@capstan/core'
import { maxRetryAfterMs, nextTurn } from '@capstan/core/internal'
import type { ExchangeLine } from '../format/lines.ts'

/** `at-once`: one chunk in each turn of the event loop. `real-time`: with the pauses of the recording, on the timers of the process. */
export type Pace = 'at-once' | 'real-time'

/**
 * Gives a recorded response to a handler: status, headers, chunks as they were cut, and the end or what broke it.
 *
 * @throws {AgentError} `unexpected-request` for a response that was too long to be recorded.
 */
export function playExchange(exchange: ExchangeLine, handler: DispatchHandler, pace: Pace): void {
  const { omittedBytes } = exchange.response ?? {}
  if (omittedBytes !== undefined) {
    const message = `The response on the tape cannot be replayed: ${omittedBytes} of its bytes were too many to be recorded. Record it with a higher \`maxBodyBytes\`.`
    throw new AgentError(message, { code: 'unexpected-request' })
  }
  const controller = new PlayController(handler)
  handler.onRequestStart(controller, undefined)
  const pacing = pace === 'real-time' ? new RealTime() : new AtOnce()
  play(exchange, { handler, controller, pacing }).catch((error: unknown) => controller.abort(error as Error))
}

interface Playing {
  readonly handler: DispatchHandler
  readonly controller: PlayController
  readonly pacing: RealTime | AtOnce
}

async function play({ request, response, chunks, error, endAt }: ExchangeLine, { handler, controller, pacing }: Playing): Promise<void> {
  if (response !== undefined) {
    await pacing.until(response.at - request.at)
    if (controller.isAborted) return
    handler.onResponseStart(controller, response.status, pacing.headersOf(response.headers))
  }
  for (const [ms, base64] of chunks) {
    await pacing.until(ms)
    await controller.untilResumed()
    if (controller.isAborted) return
    handler.onResponseData(controller, Buffer.from(base64, 'base64'))
  }
  await pacing.until(endAt - request.at)
  await controller.untilResumed()
  if (controller.isAborted) return
  if (error === undefined) handler.onResponseEnd(controller, {})
  else handler.onResponseError(controller, recordedError(error))
}

/** What the observer of the recording saw as the error of the exchange. */
function recordedError({ code, message, retryable }: NonNullable<ExchangeLine['error']>): AgentError {
  if (code === 'aborted') {
    const text = 'The recorded exchange was aborted here by its own program, so the tape has nothing after it. Abort in the same place, or record again.'
    return new AgentError(text, { code: 'unexpected-request', phase: 'stream' })
  }
  // A tape holds codes of the release that recorded it; one that this release does not know is shown as it is.
  return new AgentError(message, { code: code as AgentErrorCode, retryable: retryable ?? isRetryable.has(code) })
}

/** Codes of exchanges that are usually worth a retry, for tapes whose lines do not say it. */
const isRetryable: ReadonlySet<string> = new Set([
  'network-reset',
  'network-refused',
  'network-protocol',
  'connect-timeout',
  'headers-timeout',
  'first-content-timeout',
  'stream-timeout',
])

class AtOnce {
  async until(): Promise<void> {
    await nextTurn()
  }

  /** A pause that the server asked for, and that a run keeps, takes no time: the tape has the next answer already. */
  headersOf(headers: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, isPause(name, value) ? '0' : value]))
  }
}

function isPause(name: string, value: string): boolean {
  const unitMs = name === 'retry-after' ? 1_000 : 1
  return (name === 'retry-after' || name === 'retry-after-ms') && Number(value) * unitMs <= maxRetryAfterMs
}

class RealTime {
  readonly #start: number = performance.now()

  async until(ms: number): Promise<void> {
    const left = ms - (performance.now() - this.#start)
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left))
  }

  headersOf(headers: Readonly<Record<string, string>>): Record<string, string> {
    return { ...headers }
  }
}

/** What the consumer of a response controls: it can pause the chunks and abort the rest. */
class PlayController implements DispatchController {
  readonly #handler: DispatchHandler
  #resumed: Promise<void> | undefined
  #resume: () => void = () => undefined
  isAborted = false

  constructor(handler: DispatchHandler) {
    this.#handler = handler
  }

  get paused(): boolean {
    return this.#resumed !== undefined
  }

  pause(): void {
    this.#resumed ??= new Promise((resolve) => {
      this.#resume = resolve
    })
  }

  resume(): void {
    this.#resumed = undefined
    this.#resume()
  }

  abort(reason: Error): void {
    if (this.isAborted) return
    this.isAborted = true
    this.resume()
    this.#handler.onResponseError(this, reason)
  }

  async untilResumed(): Promise<void> {
    while (this.#resumed !== undefined) await this.#resumed
  }
}
