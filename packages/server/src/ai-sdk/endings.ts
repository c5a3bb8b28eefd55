import type { StopReason } from '@capstan/core'
import type { ServerEvent } from '../protocol.ts'
import type { UiChunk, UiMetadata, UiVersion } from './chunks.ts'

/** How a run ended, or paused. */
export type RunEnding = Extract<ServerEvent, { readonly type: 'run-end' | 'run-error' }>
/** What is known of the error that ended a run: its code, and what the code means. */
export type RunError = Extract<ServerEvent, { readonly type: 'run-error' }>

interface EndingOptions {
  readonly runId: string
  readonly version: UiVersion
  readonly errorText?: (error: RunError) => string
}

/**
 * What a response ends with. A run without a complete answer is an `error` on the page, as it is for `result.textOrThrow()`: a page that knows
 * nothing of limits must not show half an answer as a complete one.
 */
export function* endingChunks(ending: RunEnding | undefined, { runId, version, errorText = defaultErrorText }: EndingOptions): Generator<UiChunk> {
  if (ending === undefined) {
    yield { type: 'error', errorText: 'The connection to the run was closed before its end. Reconnect to see the rest.' }
    return
  }
  if (ending.type === 'run-error') {
    yield { type: 'error', errorText: errorText(ending) }
    yield { type: 'finish', finishReason: 'error', messageMetadata: { runId } }
    return
  }
  const { status, stopReason, usage, cost } = ending
  const messageMetadata: UiMetadata = { runId, status, stopReason, usage, ...(cost && { cost }) }
  if (status === 'finished') yield { type: 'finish', finishReason: 'stop', messageMetadata }
  else if (stopReason === 'stopped' || stopReason === 'aborted') {
    yield { type: 'abort', reason: 'stopped' }
    yield { type: 'finish', finishReason: version === 7 ? 'interrupted' : 'other', messageMetadata }
  } else if (status === 'paused') yield { type: 'finish', finishReason: 'tool-calls', messageMetadata }
  else {
    // A page stops reading at the error, so the metadata come first.
    yield { type: 'message-metadata', messageMetadata }
    yield { type: 'error', errorText: incompleteText(stopReason) }
    yield { type: 'finish', finishReason: 'other', messageMetadata }
  }
}

function defaultErrorText({ code, message }: RunError): string {
  return `The run failed: ${message} (${code})`
}

const incompleteTexts: Partial<Record<StopReason, string>> = {
  truncated: 'the model reached its output limit',
  filtered: 'the provider filtered the answer',
  'unknown-ending': 'the model ended its answer for an unknown reason',
  'max-steps': 'the limit of steps was reached',
  'max-tool-calls': 'the limit of tool calls was reached',
  'max-tokens': 'the limit of tokens was reached',
  'max-cost': 'the limit of cost was reached',
  'max-duration': 'the time limit was reached',
  'repeated-calls': 'the model repeated the same calls',
  'context-overflow': 'the conversation does not fit the context window of the model',
}

function incompleteText(stopReason: StopReason): string {
  return `The answer is not complete: ${incompleteTexts[stopReason] ?? `the run ended with '${stopReason}'`}.`
}
