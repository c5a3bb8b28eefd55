import { AgentError, type Model, type ModelEvent } from '@capstan/core'
import { scriptedModel } from '@capstan/core/testing'

/** A model whose reply a test writes piece by piece. */
export interface GatedModel extends Model {
  /** Adds a text to the reply that is being written. */
  write(text: string): void
  /** Ends the reply. */
  finish(): void
  /** Breaks the reply. */
  fail(): void
}

type Piece = { readonly type: 'text'; readonly text: string } | { readonly type: 'finish' } | { readonly type: 'fail' }

/** Makes a model that replies with what is written to it, whoever asks. */
export function gatedModel(): GatedModel {
  const pieces: Piece[] = []
  let wake = (): void => undefined
  const add = (piece: Piece): void => {
    pieces.push(piece)
    wake()
  }
  const base = scriptedModel([])
  async function* stream(_: unknown, { signal }: { readonly signal: AbortSignal }): AsyncGenerator<readonly ModelEvent[]> {
    let text = ''
    for (;;) {
      const piece = pieces.shift()
      if (piece?.type === 'fail') throw new AgentError('cut', { code: 'stream-truncated', phase: 'stream', retryable: true })
      if (piece?.type === 'finish') return yield [{ type: 'reply', reply: replyOf(text) }]
      if (piece?.type === 'text') {
        text += piece.text
        yield [{ type: 'text-delta', delta: piece.text }]
        continue
      }
      await new Promise<void>((resolve, reject) => {
        wake = resolve
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    }
  }
  const own = { stream, write: (text: string) => add({ type: 'text', text }), finish: () => add({ type: 'finish' }), fail: () => add({ type: 'fail' }) }
  // The script stays empty: `stream` is replaced, and nothing else is asked.
  return Object.assign(base, own) as unknown as GatedModel
}

function replyOf(text: string) {
  const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }
  const message = { role: 'assistant' as const, content: [{ type: 'text' as const, text }] }
  return { message, finishReason: 'stop' as const, rawFinishReason: 'stop', atOutputLimit: false, usage, response: {} }
}
