import { AgentError, type ModelEvent } from '@capstan/core'
import { bytesDispatcher, type Pieces } from '../lab/dispatchers.ts'
import { modelFor } from '../lab/observe.ts'

/** The events that a model decodes from bytes, and how it ended. */
export interface Decoded {
  readonly events: readonly ModelEvent[]
  /** Code of the error; `undefined` for a complete reply. */
  readonly code: string | undefined
}

/** Decodes a body that comes in these pieces. */
export async function decode(pieces: Pieces): Promise<Decoded> {
  const { dispatcher } = bytesDispatcher(() => pieces)
  const model = modelFor({ server: { baseURL: 'https://api.example/v1' }, settings: { dispatcher } })
  const events: ModelEvent[] = []
  try {
    for await (const batch of model.stream({ messages: [{ role: 'user', content: 'Go.' }] }, { signal: new AbortController().signal })) events.push(...batch)
  } catch (error) {
    if (!AgentError.is(error)) throw error
    return { events, code: error.code }
  }
  return { events, code: undefined }
}

/** One text for comparing. */
export function wordsOfDecoded({ events, code }: Decoded): string {
  return `${code ?? 'complete'} ${JSON.stringify(events)}`
}
