import type { Json, ToolCallContext, ToolOutput } from '@capstan/core'
import { capText, copyJsonInTurns, jsonFormOf } from '@capstan/core/internal'
import pRetry from 'p-retry'
import { describeFailure, isFinal } from './failure.ts'
import { completeBounds, cutBounds, type ResultBounds } from './output/result-bounds.ts'
import { serialise } from './output/serialise.ts'
import { toResultText } from './output/to-result-text.ts'
import type { ResolvedSchema } from './schema/input-schema.ts'

const maxProgressBytes = 8_000

/** A tool whose definition was checked. */
export interface ToolSpec<Context> {
  readonly schema: ResolvedSchema
  readonly timeoutMs: number
  readonly maxResultBytes: number
  readonly retries: number
  /** The `execute` of the author. Its input has the type that the schema gives. */
  readonly execute: (input: unknown, call: ToolCallContext<Context>) => unknown
}

/** Executes one call with a checked value. Never throws, and settles at the timeout at the latest. */
export async function runTool<Context>(spec: ToolSpec<Context>, value: unknown, call: ToolCallContext<Context>): Promise<ToolOutput> {
  if (call.signal.aborted) return { status: 'skipped', text: 'Not run: the run was stopped.' }
  return await withinScope(spec.timeoutMs, call.signal, (signal) =>
    executeWithRetries(spec, value, { ...call, signal, progress: (data) => call.progress(toProgress(data)) }),
  )
}

/** Converts what a tool reports to JSON of bounded size. */
function toProgress(data: Json): Json {
  if (typeof data !== 'object' && typeof data !== 'bigint' && typeof data !== 'string') return data
  const { text } = serialise(data, cutBounds(maxProgressBytes))
  return text.length <= maxProgressBytes ? JSON.parse(text) : capText(text, maxProgressBytes)
}

/** Runs work with a signal that aborts with the run and at the timeout. The promise settles then, even if the work continues. */
function withinScope(timeoutMs: number, parent: AbortSignal, work: (signal: AbortSignal) => Promise<ToolOutput>): Promise<ToolOutput> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController()
    const close = (): void => {
      clearTimeout(timer)
      parent.removeEventListener('abort', stop)
    }
    const settle = (output: ToolOutput): void => {
      close()
      resolve(output)
    }
    const stop = (): void => {
      controller.abort(parent.reason)
      settle({ status: 'abandoned', text: 'The run was stopped before the tool ended. It may have completed.' })
    }
    const timer = setTimeout(() => {
      controller.abort(new DOMException(`The tool did not end within ${timeoutMs} ms.`, 'TimeoutError'))
      settle({ status: 'timeout', text: `The tool did not end within ${timeoutMs / 1_000} s and was given up. It may have completed.` })
    }, timeoutMs)
    parent.addEventListener('abort', stop)
    work(controller.signal).then(settle, (error: unknown) => {
      close()
      reject(error)
    })
  })
}

/** Wraps a failure for p-retry, which accepts only Errors and does not retry some kinds of them. */
class Failure extends Error {
  readonly thrown: unknown

  constructor(thrown: unknown) {
    super('A tool failed.')
    this.thrown = thrown
  }
}

async function executeWithRetries<Context>(spec: ToolSpec<Context>, value: unknown, call: ToolCallContext<Context>): Promise<ToolOutput> {
  if (spec.retries > 0) return await repeat(spec, value, call)
  try {
    return await execute(spec, value, call)
  } catch (error) {
    return describeFailure(error, boundsOf(spec, call).maxBytes)
  }
}

async function repeat<Context>(spec: ToolSpec<Context>, value: unknown, call: ToolCallContext<Context>): Promise<ToolOutput> {
  // A failed attempt may have changed its input, so each attempt gets a copy if the input is plain JSON.
  const form = await jsonFormOf(value)
  const fresh = async (): Promise<unknown> => (form?.isExact === true ? await copyJsonInTurns(form.value) : value)
  const attempt = async (): Promise<ToolOutput> => {
    try {
      return await execute(spec, await fresh(), call)
    } catch (error) {
      throw new Failure(error)
    }
  }
  try {
    return await pRetry(attempt, {
      retries: spec.retries,
      minTimeout: 250,
      maxTimeout: 5_000,
      randomize: true,
      signal: call.signal,
      shouldRetry: ({ error }) => !(error instanceof Failure && isFinal(error.thrown)),
    })
  } catch (error) {
    return describeFailure(error instanceof Failure ? error.thrown : error, boundsOf(spec, call).maxBytes)
  }
}

async function execute<Context>(spec: ToolSpec<Context>, value: unknown, call: ToolCallContext<Context>): Promise<ToolOutput> {
  const result = await spec.execute(value, call)
  return { status: 'ok', text: await toResultText(result, { ...boundsOf(spec, call), signal: call.signal }) }
}

/** The caller keeps the complete result and cuts it for the model; one that says nothing gets what the model may get. */
function boundsOf(
  { maxResultBytes }: Pick<ToolSpec<never>, 'maxResultBytes'>,
  { maxResultCharacters }: Pick<ToolCallContext, 'maxResultCharacters'>,
): ResultBounds {
  return maxResultCharacters === undefined ? cutBounds(maxResultBytes) : completeBounds(maxResultCharacters)
}
