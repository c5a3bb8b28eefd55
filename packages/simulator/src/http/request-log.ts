import type { SimulatedRequest } from '../options.ts'

/** What is known of a request when its body has been read. */
export type ReceivedRequest = Pick<SimulatedRequest, 'method' | 'path' | 'headers' | 'body' | 'rawBody' | 'connectionId'>

/** A request in the log, with what the server may still learn about it. */
export interface LoggedRequest {
  readonly request: SimulatedRequest
  setStatus(status: number): void
  /** Ends the exchange. */
  end(closedByClient: boolean): void
}

/** Every request, in order of arrival. */
export interface RequestLog {
  readonly requests: readonly SimulatedRequest[]
  add(received: ReceivedRequest): LoggedRequest
  waitFor(count: number): Promise<SimulatedRequest>
  /** Rejects everybody who still waits. */
  close(): void
}

interface Waiter {
  readonly count: number
  resolve(request: SimulatedRequest): void
  reject(error: Error): void
}

/** An empty log. */
export function createRequestLog(): RequestLog {
  const requests: SimulatedRequest[] = []
  let waiters: Waiter[] = []
  let isClosed = false

  function wake(request: SimulatedRequest): void {
    const ready = waiters.filter((waiter) => waiter.count === requests.length)
    waiters = waiters.filter((waiter) => waiter.count !== requests.length)
    for (const waiter of ready) waiter.resolve(request)
  }

  return {
    requests,
    add(received) {
      const logged = createLoggedRequest(received, requests.length)
      requests.push(logged.request)
      wake(logged.request)
      return logged
    },
    waitFor(count) {
      const known = requests[count - 1]
      if (known !== undefined) return Promise.resolve(known)
      const waiting = new Promise<SimulatedRequest>((resolve, reject) => {
        if (isClosed) reject(closedError(count, requests.length))
        else waiters.push({ count, resolve, reject })
      })
      // A test that ends early leaves its wait behind: that must not become an unhandled rejection.
      waiting.catch(() => undefined)
      return waiting
    },
    close() {
      isClosed = true
      for (const waiter of waiters) waiter.reject(closedError(waiter.count, requests.length))
      waiters = []
    },
  }
}

function closedError(count: number, seen: number): Error {
  return new Error(`The simulator was closed before request ${count} came: it saw ${seen}.`)
}

function createLoggedRequest(received: ReceivedRequest, index: number): LoggedRequest {
  let finish = (): void => undefined
  const ended = new Promise<void>((resolve) => {
    finish = resolve
  })
  const request = { ...received, index, ended, status: undefined as number | undefined, closedByClient: false }
  return {
    request,
    setStatus(status) {
      request.status = status
    },
    end(closedByClient) {
      request.closedByClient = closedByClient
      finish()
    },
  }
}
