import type { Json, ToolCallContext, ToolOutput } from '@capstan/core'
import pRetry from 'p-retry'
import { describeFailure, isFinal } from './failure.ts'
import { checkInput, inputMessage } from './input/check-input.ts'
import { capText } from './output/cap-text.ts'
import { toResultText } from './output/to-result-text.ts'
import { coalesceProgress } from './progress.ts'
import type { ResolvedSchema } from './schema/input-schema.ts'

/** A tool after its definition was checked. */
export interface ToolSpec<Context> {
  readonly schema: ResolvedSchema
  readonly timeoutMs: number
  readonly maxResultBytes: number
  readonly retries: number
  /** The author's function, its input of the type that the schema gives. */
  readonly execute: (input: unknown, call: ToolCallContext<Context>) => unknown
}

/** Validates and executes one call. Never throws, and settles at the latest when its time is over. */
export async function runTool<Context>(spec: ToolSpec<Context>, input: Json, call: ToolCallContext<Context>): Promise<ToolOutput> {
  if (call.signal.aborted) return { status: 'skipped', text: 'Not run: the run was stopped.' }
  const scope = openScope(spec.timeoutMs, call.signal)
  const progress = coalesceProgress(call.progress)
  const scoped = { ...call, signal: scope.signal, progress: progress.report }
  try {
    return await Promise.race([scope.ended, executeWithRetries(spec, input, scoped)])
  } finally {
    progress.close()
    scope.close()
  }
}

/** The time and the signal of one call. */
interface Scope {
  /** Aborts with the run and at the timeout. */
  readonly signal: AbortSignal
  /** Settles when the call ends before the tool does. */
  readonly ended: Promise<ToolOutput>
  close(): void
}

function openScope(timeoutMs: number, parent: AbortSignal): Scope {
  const controller = new AbortController()
  let close = (): void => undefined
  const ended = new Promise<ToolOutput>((resolve) => {
    const stop = (): void => {
      controller.abort(parent.reason)
      resolve({ status: 'abandoned', text: 'The run was stopped before the tool ended. It may have completed.' })
    }
    const timer = setTimeout(() => {
      controller.abort(new DOMException(`The tool did not end within ${timeoutMs} ms.`, 'TimeoutError'))
      resolve({ status: 'timeout', text: `The tool did not end within ${timeoutMs / 1_000} s and was given up. It may have completed.` })
    }, timeoutMs)
    parent.addEventListener('abort', stop, { once: true })
    close = () => {
      clearTimeout(timer)
      parent.removeEventListener('abort', stop)
    }
  })
  return { signal: controller.signal, ended, close }
}

/** Carries a failure past p-retry, which takes Errors only and treats some kinds of them as final. */
class Failure extends Error {
  readonly thrown: unknown

  constructor(thrown: unknown) {
    super('A tool failed.')
    this.thrown = thrown
  }
}

async function executeWithRetries<Context>(spec: ToolSpec<Context>, input: Json, call: ToolCallContext<Context>): Promise<ToolOutput> {
  const attempt = async (): Promise<ToolOutput> => {
    try {
      return await checkAndExecute(spec, input, call)
    } catch (error) {
      throw new Failure(error)
    }
  }
  try {
    if (spec.retries === 0) return await attempt()
    return await pRetry(attempt, {
      retries: spec.retries,
      minTimeout: 250,
      maxTimeout: 5_000,
      randomize: true,
      signal: call.signal,
      shouldRetry: ({ error }) => !(error instanceof Failure && isFinal(error.thrown)),
    })
  } catch (error) {
    return describeFailure(error instanceof Failure ? error.thrown : error, spec.maxResultBytes)
  }
}

/** Checks anew for each attempt, because the one before may have changed its input. */
async function checkAndExecute<Context>(spec: ToolSpec<Context>, input: Json, call: ToolCallContext<Context>): Promise<ToolOutput> {
  const checked = await checkInput(spec.schema, input)
  if (!checked.ok) return { status: 'invalid-input', text: capText(inputMessage(checked.problems), spec.maxResultBytes) }
  // A validator may have ended after the call did: what is given up must not start.
  call.signal.throwIfAborted()
  const result = await spec.execute(checked.value, call)
  const text = await toResultText(result, { maxBytes: spec.maxResultBytes, signal: call.signal })
  return { status: 'ok', text, ...(checked.coerced.length > 0 && { coerced: checked.coerced }) }
}
