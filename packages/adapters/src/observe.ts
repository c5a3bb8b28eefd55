import type { AgentError, ExchangeObserver, ObservedRequest, ResponseObserver } from '@capstan/core'

/** Tells the observers of one exchange what happens. One that throws sees no more of it: an observer must not break a run. */
export class Observation {
  #observers: readonly ResponseObserver[]

  constructor(observers: readonly ExchangeObserver[], request: Omit<ObservedRequest, 'at'>) {
    const at = now()
    this.#observers = observers.flatMap((observer) => contain(() => observer.onRequest({ ...request, at })) ?? [])
  }

  /** False when nobody wants to see the response. */
  get isWanted(): boolean {
    return this.#observers.length > 0
  }

  headers(status: number, headers: Readonly<Record<string, string>>): void {
    const at = now()
    this.#tell((observer) => observer.onHeaders(status, headers, at))
  }

  chunk(bytes: Uint8Array): void {
    const at = now()
    this.#tell((observer) => observer.onChunk(bytes, at))
  }

  end(): void {
    const at = now()
    this.#tell((observer) => observer.onEnd(at))
  }

  error(error: AgentError): void {
    const at = now()
    this.#tell((observer) => observer.onError(error, at))
  }

  #tell(tell: (observer: ResponseObserver) => void): void {
    this.#observers = this.#observers.filter((observer) =>
      contain(() => {
        tell(observer)
        return true
      }),
    )
  }
}

function contain<Result>(action: () => Result): Result | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}

/** Milliseconds since the Unix epoch, with fractions. */
function now(): number {
  return performance.timeOrigin + performance.now()
}
