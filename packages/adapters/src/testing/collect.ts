import { AgentError, type Model, type ModelEvent, type ModelReply, type ModelRequest } from '@capstan/core'

/** What a stream came to. */
export interface Collected {
  readonly events: readonly ModelEvent[]
  readonly reply: ModelReply | undefined
  readonly error: AgentError | undefined
  readonly text: string
  readonly ms: number
}

/** A request with one user message. */
export const hello: ModelRequest = { messages: [{ role: 'user', content: 'Hello' }] }

/** Reads a stream to its end; an `AgentError` is returned, anything else is thrown. */
export async function collect(model: Model, request: ModelRequest = hello, signal: AbortSignal = new AbortController().signal): Promise<Collected> {
  const events: ModelEvent[] = []
  const start = performance.now()
  let error: AgentError | undefined
  try {
    for await (const batch of model.stream(request, { signal })) events.push(...batch)
  } catch (thrown) {
    if (!AgentError.is(thrown)) throw thrown
    error = thrown
  }
  const text = events.map((event) => (event.type === 'text-delta' ? event.delta : '')).join('')
  return { events, reply: events.find((event) => event.type === 'reply')?.reply, error, text, ms: performance.now() - start }
}

/** What a promise rejects with; throws when it does not, or not with an `AgentError`. */
export async function errorOf(promise: Promise<unknown>): Promise<AgentError> {
  try {
    await promise
  } catch (thrown) {
    if (AgentError.is(thrown)) return thrown
    throw thrown
  }
  throw new Error('It did not fail.')
}
