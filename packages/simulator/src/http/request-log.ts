import type { Bill } from '../billing/prices.ts'
import type { SimulatedRequest } from '../options/options.ts'

/** What is known of a request when its body has been read. */
export type ReceivedRequest = Pick<SimulatedRequest, 'method' | 'path' | 'headers' | 'body' | 'rawBody' | 'connectionId'>

/** What a request counts beside its body, for its headers and its parsed form. */
const BYTES_BESIDE_BODY = 1024

/** A request in the log, with what the server learns about it later. */
export class LoggedRequest {
  readonly request: SimulatedRequest
  readonly #state: { status: number | undefined; bill: Bill | undefined; closedByClient: boolean }
  #finish = (): void => undefined

  constructor(received: ReceivedRequest, index: number) {
    const ended = new Promise<void>((resolve) => {
      this.#finish = resolve
    })
    const request = { ...received, index, ended, status: undefined, bill: undefined, closedByClient: false }
    this.request = request
    this.#state = request
  }

  setStatus(status: number): void {
    this.#state.status = status
  }

  setBill(bill: Bill | undefined): void {
    this.#state.bill = bill
  }

  /** Ends the exchange. */
  end(closedByClient: boolean): void {
    this.#state.closedByClient = closedByClient
    this.#finish()
  }
}

interface Waiter {
  readonly count: number
  resolve(request: SimulatedRequest): void
  reject(error: Error): void
}

/** The newest requests, in order of arrival. The oldest are dropped when together they are larger than a limit. */
export class RequestLog {
  readonly #requests: SimulatedRequest[] = []
  readonly #maxBytes: number
  #count = 0
  #bytes = 0
  #waiters: Waiter[] = []
  #isClosed = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The requests that are kept. The array changes with each request. */
  get requests(): readonly SimulatedRequest[] {
    return this.#requests
  }

  /** Number of all requests so far, dropped ones included. */
  get count(): number {
    return this.#count
  }

  add(received: ReceivedRequest): LoggedRequest {
    const logged = new LoggedRequest(received, this.#count)
    this.#count += 1
    this.#requests.push(logged.request)
    this.#bytes += sizeOf(logged.request)
    this.#dropOldest()
    this.#wake(logged.request)
    return logged
  }

  /** Waits for the request with this number, from 1. Rejected when the log is closed first, or the request is not kept any more. */
  waitFor(count: number): Promise<SimulatedRequest> {
    const known = this.#requests[count - 1 - (this.#count - this.#requests.length)]
    if (known !== undefined) return Promise.resolve(known)
    const waiting = new Promise<SimulatedRequest>((resolve, reject) => {
      if (count <= this.#count) reject(new Error(`Request ${count} is not kept any more: maxLogBytes is ${this.#maxBytes}.`))
      else if (this.#isClosed) reject(this.#closedError(count))
      else this.#waiters.push({ count, resolve, reject })
    })
    // A test that ends early does not await its promise: that must not become an unhandled rejection.
    waiting.catch(() => undefined)
    return waiting
  }

  /** Rejects every pending `waitFor`. */
  close(): void {
    this.#isClosed = true
    for (const waiter of this.#waiters) waiter.reject(this.#closedError(waiter.count))
    this.#waiters = []
  }

  #dropOldest(): void {
    while (this.#bytes > this.#maxBytes && this.#requests.length > 1) {
      const dropped = this.#requests.shift()
      if (dropped !== undefined) this.#bytes -= sizeOf(dropped)
    }
  }

  #wake(request: SimulatedRequest): void {
    const ready = this.#waiters.filter(({ count }) => count === this.#count)
    this.#waiters = this.#waiters.filter(({ count }) => count !== this.#count)
    for (const waiter of ready) waiter.resolve(request)
  }

  #closedError(count: number): Error {
    return new Error(`The simulator was closed before request ${count} was received: it received ${this.#count}.`)
  }
}

function sizeOf({ rawBody }: SimulatedRequest): number {
  return BYTES_BESIDE_BODY + rawBody.length
}
