import { randomUUID } from 'node:crypto'
import { FatalToolError } from '../errors.ts'
import type { ToolEndEvent } from '../events.ts'
import type { Json } from '../json.ts'
import type { ToolStatus } from '../messages.ts'
import type { Operation, OperationContext } from '../operations.ts'
import type { ToolOutput } from '../tool.ts'
import type { RunnableCall } from './check-calls.ts'
import type { LoopRun } from './loop-run.ts'
import { withinTime } from './within-time.ts'

/** What is recorded of a tool call. */
export interface RecordedOutput {
  readonly status: ToolStatus
  readonly text: string
  readonly coerced?: readonly string[]
}

/** What a person changed about a call. */
export interface CallChange {
  /** Edited input, instead of the model's. */
  readonly input?: Json
  /** Number of the repetition after an unknown outcome; each has an operation of its own and the same idempotency key. */
  readonly round?: number
}

/** The operation that runs one call. */
export function toolOperation(run: LoopRun, call: RunnableCall, change: CallChange = {}): Operation<RecordedOutput> {
  return {
    id: change.round === undefined ? call.id : `${call.id}/again/${change.round}`,
    name: `tool ${call.tool.name}`,
    effect: call.tool.effect,
    concurrency: run.agent.toolCallConcurrency,
    run: (context) => executeCall(run, { ...call, input: change.input ?? call.input }, context),
  }
}

async function executeCall(run: LoopRun, call: RunnableCall, { signal, emit }: OperationContext): Promise<RecordedOutput> {
  const { toolName, toolCallId } = call.part
  const step = run.steps.length + 1
  const started = performance.now()
  let isOpen = true
  emit({ type: 'tool-start', step, key: call.id, toolCallId, toolName, input: call.input })
  const { error, ...output } = await settleCall(run, call, {
    signal,
    progress: (data) => {
      if (isOpen) emit({ type: 'tool-progress', step, key: call.id, toolName, data })
    },
  })
  isOpen = false
  if (signal.aborted) return output
  emit(withError({ type: 'tool-end', step, key: call.id, toolCallId, toolName, ...output, ms: performance.now() - started }, error))
  if (output.status === 'fatal') run.toolErrors.set(call.id, error)
  return output
}

interface CallHost {
  readonly signal: AbortSignal
  readonly progress: (data: Json) => void
}

// Whatever the tool does, this settles within the time that the run has left.
async function settleCall(run: LoopRun, call: RunnableCall, host: CallHost): Promise<ToolOutput> {
  const { part, input, tool } = call
  const leftMs = run.agent.limits.durationMs - run.activeMs
  // The caller's context has the type that its tools ask for: `Agent<Context>` checks it.
  const context = run.context as never
  const idempotencyKey = `${run.operations.runId}/${call.id}`
  try {
    const output = await withinTime(leftMs, host.signal, (signal) =>
      tool.run(input, { signal, context, idempotencyKey, toolCallId: part.toolCallId, progress: host.progress }),
    )
    return output === 'late' ? { status: 'abandoned', text: 'Not finished: the time limit of the run was reached. It may have completed.' } : output
  } catch (error) {
    if (FatalToolError.is(error)) return { status: 'fatal', text: 'The tool ended the run.', error: error.cause }
    return { status: 'error', text: `The tool failed (error ${randomUUID()}). It gave no reason that may be shown.`, error }
  }
}

// The original error is there for listeners and absent from the event's JSON.
function withError(event: ToolEndEvent, error: unknown): ToolEndEvent {
  return error === undefined ? event : Object.defineProperty(event, 'error', { value: error, enumerable: false })
}
