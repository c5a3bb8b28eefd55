import { streamHeaders } from '../http/responses.ts'
import type { Frame } from '../runs/frame-log.ts'
import type { UiChunk, UiVersion } from './chunks.ts'
import type { UiStream } from './ui-stream.ts'

/** Batches of the events of a run, from its beginning. */
export type EventBatches = AsyncIterator<readonly Frame[], void>

/** What a run waits for. */
export interface RunWait {
  /** True when nothing follows its snapshot before somebody has done something. */
  readonly isWaiting: boolean
  /** The ids of the questions that nobody has answered yet. */
  readonly open: ReadonlySet<string>
}

export interface ChatResponseOptions {
  readonly version: UiVersion
  readonly batches: EventBatches
  /** Has had the events that the page has. */
  readonly stream: UiStream
  /** True when the snapshot of the log was read before: only what follows is sent. */
  readonly isLive: boolean
  readonly state: () => Promise<RunWait>
  /** Called with what breaks the response. */
  readonly onError: (error: unknown) => void
}

/** The headers of a UI message stream. `no-transform` keeps compression from holding events back. */
export const uiStreamHeaders: Readonly<Record<string, string>> = { ...streamHeaders, 'x-vercel-ai-ui-message-stream': 'v1' }

/**
 * The text of one response: from `start` to the end of the run, or to the questions that it waits for. A page cannot answer while its response is
 * open, so the response ends there, and the next one continues the message.
 */
export async function* chatResponse(options: ChatResponseOptions): AsyncGenerator<string, void> {
  const { batches, stream, onError } = options
  yield encodeChunks([stream.start()])
  try {
    yield* untilEnd(options)
    yield encodeChunks(stream.end())
  } catch (error) {
    onError(error)
    yield encodeChunks([{ type: 'error', errorText: 'The connection to the run broke. Reconnect to see the rest.' }])
  } finally {
    await batches.return?.()
  }
  yield 'data: [DONE]\n\n'
}

/** Feeds a stream with what the log has, and returns its chunks. */
export async function readSnapshot(batches: EventBatches, stream: UiStream): Promise<readonly UiChunk[]> {
  const chunks: UiChunk[] = []
  for (;;) {
    const { value, done } = await batches.next()
    if (done) return chunks
    for (const { event } of value) chunks.push(...stream.push(event))
    if (value.some(({ event }) => event.type === 'snapshot-end')) return chunks
  }
}

async function* untilEnd({ version, batches, stream, isLive, state }: ChatResponseOptions): AsyncGenerator<string, void> {
  if (!isLive) {
    const chunks = await readSnapshot(batches, stream)
    const { isWaiting, open } = await state()
    yield* encoded(withoutAnswered(chunks, { version, open }))
    if (stream.isDone && isWaiting) return
  }
  for (;;) {
    const { value, done } = await batches.next()
    if (done) return
    for (const { event } of value) {
      yield* encoded([...stream.push(event)])
      if (stream.isDone) return
    }
  }
}

/**
 * Leaves out questions that were answered and whose calls have not ended, so that a page that is loaded again does not offer to answer them again.
 * Version 7 is told of the answer when the call begins.
 */
function withoutAnswered(
  chunks: readonly UiChunk[],
  { version, open }: { readonly version: UiVersion; readonly open: ReadonlySet<string> },
): readonly UiChunk[] {
  const ended = new Set(chunks.flatMap((chunk) => (chunk.type.startsWith('tool-output') && 'toolCallId' in chunk ? [chunk.toolCallId] : [])))
  return chunks.filter((chunk) => {
    if (chunk.type === 'tool-approval-request') return version === 7 || open.has(chunk.approvalId) || ended.has(chunk.toolCallId)
    if (chunk.type === 'data-approval' || chunk.type === 'data-question') return chunk.data.status === 'answered' || open.has(chunk.id)
    return true
  })
}

function* encoded(chunks: readonly UiChunk[]): Generator<string> {
  if (chunks.length > 0) yield encodeChunks(chunks)
}

function encodeChunks(chunks: Iterable<UiChunk>): string {
  let text = ''
  // JSON has no line breaks, so no text of a model can end an event.
  for (const chunk of chunks) text += `data: ${JSON.stringify(chunk)}\n\n`
  return text
}
