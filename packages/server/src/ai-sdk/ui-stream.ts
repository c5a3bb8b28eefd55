import { wireIdOf } from '@capstan/core'
import type { ServerEvent } from '../protocol.ts'
import type { UiChunk, UiVersion } from './chunks.ts'
import { endingChunks, type RunEnding, type RunError } from './endings.ts'
import { joinParts, MessageBlocks } from './message-blocks.ts'
import { ToolParts } from './tool-parts.ts'

/** Options of `new UiStream`. */
export interface UiStreamOptions {
  readonly runId: string
  readonly version: UiVersion
  /** `dynamic` (default): parts of the type `dynamic-tool`. `static`: `tool-<name>`, for pages that have the types of the tools. */
  readonly toolParts?: 'dynamic' | 'static'
  /** What a page shows of an error that ended the run. Default: what its code means, with the code. */
  readonly errorText?: (error: RunError) => string
}

type EventOf<Type extends ServerEvent['type']> = Extract<ServerEvent, { readonly type: Type }>

/**
 * Maps the events of one run to chunks of the UI message stream. It is fed with all events of the run from its beginning, those of continuations
 * included: what is repeated gives no chunk. So the chunks after any point are exactly what a page that has those before it still needs.
 */
export class UiStream {
  readonly #options: UiStreamOptions
  readonly #blocks = new MessageBlocks()
  readonly #tools: ToolParts
  readonly #agentMessages = new Set<string>()
  #step = 0
  #hasStepEnded = true
  #hasMessageEnded = true
  #text = ''
  #retries = 0
  #ending: RunEnding | undefined

  constructor(options: UiStreamOptions) {
    this.#options = options
    const { runId, version, toolParts = 'dynamic' } = options
    this.#tools = new ToolParts({ runId, version, isDynamic: toolParts === 'dynamic' })
  }

  /** True when the run has ended, or waits for a person. One that waits for another run of its chat begins by itself. */
  get isDone(): boolean {
    return this.#ending !== undefined && !(this.#ending.type === 'run-end' && this.#ending.stopReason === 'queued')
  }

  /** The chunk that a response begins with. */
  start(): UiChunk {
    const { runId } = this.#options
    return { type: 'start', messageId: runId, messageMetadata: { runId } }
  }

  /** The chunks that a response ends with: an error, if the run has no complete answer, and how it ended. */
  *end(): Generator<UiChunk> {
    yield* this.#blocks.close()
    if (!this.#hasStepEnded) yield { type: 'finish-step' }
    yield* endingChunks(this.#ending, this.#options)
  }

  /** The chunks of the next event. */
  *push(event: ServerEvent): Generator<UiChunk> {
    // Whatever the run does after a pause, it is at work again.
    if (event.type !== 'snapshot-end' && event.type !== 'reconnect') this.#ending = undefined
    if ('path' in event && event.path !== undefined) return yield* this.#pushOfAgent(event)
    switch (event.type) {
      case 'step-start':
        return yield* this.#beginStep(event.step)
      case 'reasoning-delta':
      case 'text-delta':
        return yield* this.#delta(event)
      case 'step-retry':
        return yield* this.#retry(event)
      case 'message-end':
        return yield* this.#endMessage(event)
      case 'step-end':
        return yield* this.#endStep(event.step)
      case 'run-end':
        return yield* this.#endRun(event)
      case 'run-error':
        this.#ending = event
        return
      case 'restart':
        return yield* this.#restart()
      default:
        return yield* this.#pushTool(event)
    }
  }

  *#pushTool(event: ServerEvent): Generator<UiChunk> {
    if (event.type === 'tool-start') yield* this.#tools.start(event)
    else if (event.type === 'tool-progress') yield* this.#tools.progress(event)
    else if (event.type === 'tool-end') yield* this.#tools.end(event)
  }

  /** Messages of agents inside the run are shown complete, beside the answer and not as a part of it. */
  *#pushOfAgent(event: ServerEvent): Generator<UiChunk> {
    if (event.type !== 'message-end') return yield* this.#pushTool(event)
    const { parts, step, path = [] } = event
    this.#tools.addMessage(parts, event)
    const id = wireIdOf(this.#options.runId, [...path, step].join('/'))
    const text = joinParts(parts, 'text')
    if (text === '' || this.#agentMessages.has(id)) return
    this.#agentMessages.add(id)
    const reasoning = joinParts(parts, 'reasoning')
    yield { type: 'data-agent', id, data: { path, step, text, ...(reasoning && { reasoning }) } }
  }

  *#beginStep(step: number): Generator<UiChunk> {
    if (step <= this.#step) return
    yield* this.#endStep(this.#step)
    this.#step = step
    this.#hasStepEnded = false
    this.#hasMessageEnded = false
    this.#blocks.reset()
    yield { type: 'start-step' }
  }

  *#endStep(step: number): Generator<UiChunk> {
    if (this.#hasStepEnded || step !== this.#step) return
    this.#hasStepEnded = true
    yield* this.#blocks.close()
    yield { type: 'finish-step' }
  }

  *#delta(event: EventOf<'text-delta' | 'reasoning-delta'>): Generator<UiChunk> {
    yield* this.#beginStep(event.step)
    if (event.step !== this.#step || this.#hasMessageEnded) return
    yield* this.#blocks.add(event.type === 'text-delta' ? 'text' : 'reasoning', event.delta)
  }

  *#retry({ step, delayMs, code }: EventOf<'step-retry'>): Generator<UiChunk> {
    if (step !== this.#step || this.#hasMessageEnded) return
    const data = { step, delayMs, code }
    if (this.#blocks.hasShown) yield* this.#void(data)
    else yield { type: 'data-retry', data, transient: true }
  }

  // Complete events follow, which are not repeated on the page. Of a message that was shown in part another attempt may have become.
  *#restart(): Generator<UiChunk> {
    if (this.#blocks.hasShown) yield* this.#void({ step: this.#step, delayMs: 0, code: 'stream-interrupted' })
  }

  // Versions 5 and 6 cannot take parts back: a page hides the parts before `data-retry` in its step.
  *#void(data: Extract<UiChunk, { type: 'data-retry' }>['data']): Generator<UiChunk> {
    yield* this.#blocks.close()
    const hadShown = this.#blocks.hasShown
    this.#blocks.reset()
    if (!hadShown) return
    if (this.#options.version === 7) {
      yield { type: 'reset-step' }
      yield { type: 'data-retry', data, transient: true }
    } else yield { type: 'data-retry', id: wireIdOf(this.#options.runId, `retry ${++this.#retries}`), data }
  }

  *#endMessage(event: EventOf<'message-end'>): Generator<UiChunk> {
    const { step, parts } = event
    yield* this.#beginStep(step)
    this.#tools.addMessage(parts, event)
    if (step !== this.#step || this.#hasMessageEnded) return
    if (!this.#blocks.fits(parts)) yield* this.#void({ step, delayMs: 0, code: 'stream-interrupted' })
    yield* this.#blocks.complete(parts)
    this.#hasMessageEnded = true
    this.#text = joinParts(parts, 'text')
  }

  *#endRun(event: EventOf<'run-end'>): Generator<UiChunk> {
    yield* this.#blocks.close()
    this.#ending = event
    for (const question of event.pending ?? []) yield* this.#tools.ask(question)
    // The answer of another agent after a hand-over, and an output that was given by a call, are in no message of the run.
    const { status, text } = event
    if (status !== 'finished' || text.trim() === this.#text.trim()) return
    this.#text = text
    yield* this.#blocks.complete([{ type: 'text', text }])
  }
}
