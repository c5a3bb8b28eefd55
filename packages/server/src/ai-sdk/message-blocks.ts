import type { ServerMessagePart } from '../protocol.ts'
import type { UiChunk } from './chunks.ts'

type BlockKind = 'text' | 'reasoning'
type Parts = readonly ServerMessagePart[]

/**
 * The text and reasoning of the current message of a run as blocks of the stream: at most one is open, and a delta never comes without its start.
 */
export class MessageBlocks {
  #open: { readonly kind: BlockKind; readonly id: string } | undefined
  #shown: Record<BlockKind, string> = { text: '', reasoning: '' }
  #blocks = 0

  /** True when something of the current message was shown. */
  get hasShown(): boolean {
    return this.#shown.text !== '' || this.#shown.reasoning !== ''
  }

  /** Shows more of the message. */
  *add(kind: BlockKind, delta: string): Generator<UiChunk> {
    if (delta === '') return
    if (this.#open?.kind !== kind) {
      yield* this.close()
      // The number counts on over all messages of the run, so no id is used twice.
      this.#open = { kind, id: `${kind}-${++this.#blocks}` }
      yield { type: `${kind}-start`, id: this.#open.id }
    }
    this.#shown[kind] += delta
    yield { type: `${kind}-delta`, id: this.#open.id, delta }
  }

  *close(): Generator<UiChunk> {
    if (this.#open === undefined) return
    yield { type: `${this.#open.kind}-end`, id: this.#open.id }
    this.#open = undefined
  }

  /** Forgets what was shown: the next text belongs to another message, or to another attempt. */
  reset(): void {
    this.#shown = { text: '', reasoning: '' }
  }

  /** True when the complete message continues what was shown, so that showing the rest is enough. */
  fits(parts: Parts): boolean {
    return restOf(joinParts(parts, 'text'), this.#shown.text) !== undefined && restOf(joinParts(parts, 'reasoning'), this.#shown.reasoning) !== undefined
  }

  /** Shows what is missing of a complete message, in its order, and closes the block. */
  *complete(parts: Parts): Generator<UiChunk> {
    if (this.hasShown) {
      const reasoning = restOf(joinParts(parts, 'reasoning'), this.#shown.reasoning) ?? ''
      const text = restOf(joinParts(parts, 'text'), this.#shown.text) ?? ''
      yield* this.add('reasoning', reasoning)
      yield* this.add('text', text)
    } else {
      for (const part of parts) if (part.type !== 'tool-call') yield* this.add(part.type, part.text)
    }
    yield* this.close()
    this.reset()
  }
}

/** The text or the reasoning of a message, its parts joined. */
export function joinParts(parts: Parts, kind: BlockKind): string {
  return parts.map((part) => (part.type === kind ? part.text : '')).join('')
}

/** What follows `shown` in `complete`; `undefined` when `shown` is not the beginning of it. White space at the end is not compared. */
function restOf(complete: string, shown: string): string | undefined {
  if (complete.startsWith(shown)) return complete.slice(shown.length)
  return complete.trimEnd() === shown.trimEnd() ? '' : undefined
}
