import { getEventListeners } from 'node:events'
import { inspect } from 'node:util'
import { AgentError, errorCodes, type FinishReason, findProblem, type RunEvent, type RunResult } from '@capstan/core'
import { findCanary, hasCanary } from './canary.ts'
import { readingToolName } from './tools.ts'

/** The outcome of one run, and all that was seen of it. */
export interface Trace {
  readonly events: readonly RunEvent[]
  readonly result: RunResult | undefined
  readonly error: unknown
  readonly ms: number
  /** Deadlines of the run and the grace of a second; after these it hangs. */
  readonly limitMs: number
  /** Requests that the server counted; `undefined` where it cannot. */
  readonly requests: number | undefined
  /** Names of the tools that were executed, in order. */
  readonly executed: readonly string[]
  readonly signal: AbortSignal
  /** Rejections that nobody handled while it ran. */
  readonly unhandled: readonly unknown[]
  /** True when the consumer stopped reading or aborted: the server may not have seen the last attempt. */
  readonly wasLeft: boolean
  /** True when other runs use the same connections, and break them. */
  readonly sharesSockets?: boolean
  /** True to look for keys only in JSON: for thousands of runs. */
  readonly isBrief?: boolean
}

/** The invariants that a run broke, in words; empty for a good run. They hold for every fault. */
export function brokenInvariants(trace: Trace): readonly string[] {
  return [...settles(trace), ...typed(trace), ...noPhantomTool(trace), ...partialKept(trace), ...requestsAnnounced(trace), ...clean(trace), ...noSecret(trace)]
}

/** The messages that a run left, whether it ended well or not. */
export function messagesOf({ result, error }: Pick<Trace, 'result' | 'error'>): RunResult['messages'] | undefined {
  return result?.messages ?? (AgentError.is(error) ? error.result?.messages : undefined)
}

function settles({ ms, limitMs, result, error }: Trace): readonly string[] {
  if (result === undefined && error === undefined) return ['I1: it did not settle']
  return ms > limitMs ? [`I1: it took ${Math.round(ms)} ms of ${limitMs}`] : []
}

function typed({ error, result, events }: Trace): readonly string[] {
  const ends = events.filter(({ type }) => type === 'run-end' || type === 'run-error').length
  const wrongEnds = ends === 1 || events.length === 0 ? [] : [`I2: ${ends} events say the end`]
  if (error === undefined) return wrongEnds
  if (result !== undefined) return ['I2: both a result and an error']
  if (!AgentError.is(error)) return [`I2: an error that is not an AgentError: ${String(error)}`]
  if (!Object.hasOwn(errorCodes, error.code)) return [`I2: the code '${error.code}' is not in the table`]
  if (error.code === 'internal') return [`I2: a defect: ${error.message} ${inspect(error.cause)}`]
  return wrongEnds
}

// Tools start after the end of a message whose finish reason allows it, and never after the end of the run. After an unknown finish reason only
// tools that read may start.
function noPhantomTool({ events, executed }: Trace): readonly string[] {
  const problems: string[] = []
  let finishReason: FinishReason | undefined
  let starts = 0
  for (const event of events) {
    if (event.type === 'step-start' || event.type === 'attempt') finishReason = undefined
    if (event.type === 'message-end') finishReason = event.finishReason
    if (event.type !== 'tool-start') continue
    starts++
    if (!mayStart(event.toolName, finishReason)) problems.push(`I3: '${event.toolName}' started after a message that ended with '${finishReason}'`)
  }
  if (events.length > 0 && executed.length > starts) problems.push(`I3: ${executed.length} executions, ${starts} announced`)
  return problems
}

function mayStart(toolName: string, finishReason: FinishReason | undefined): boolean {
  return finishReason === 'tool-calls' || finishReason === 'stop' || (finishReason === 'other' && toolName === readingToolName)
}

function partialKept({ events, error }: Trace): readonly string[] {
  if (!AgentError.is(error) || error.result === undefined || events.length === 0) return []
  let text = ''
  for (const event of events) {
    if (event.type === 'step-start' || event.type === 'step-retry') text = ''
    if (event.type === 'text-delta') text += event.delta
  }
  return error.result.text === text ? [] : [`I4: ${text.length} characters were shown, ${error.result.text.length} kept`]
}

const mayBeUnseen = new Set(['network-reset', 'headers-timeout'])

function requestsAnnounced({ events, requests, wasLeft, sharesSockets }: Trace): readonly string[] {
  if (requests === undefined || events.length === 0) return []
  const announced = events.filter(({ type }) => type === 'attempt').length
  const failures = events.flatMap((event) => (event.type === 'step-retry' || event.type === 'run-error' ? [event.error] : []))
  // A request on a connection that could not be made, that another run had broken, or that was given up at once may never be seen.
  const unseen = failures.filter(({ phase, code }) => phase === 'connect' || (sharesSockets === true && phase === 'headers' && mayBeUnseen.has(code))).length
  const mayMiss = unseen + (wasLeft ? 1 : 0)
  return announced >= requests && announced - mayMiss <= requests ? [] : [`I5: ${requests} requests, ${announced} announced`]
}

function clean(trace: Trace): readonly string[] {
  const { signal, unhandled } = trace
  const listeners = getEventListeners(signal, 'abort').length
  const messages = messagesOf(trace)
  const problem = messages === undefined ? undefined : findProblem(messages)
  return [
    ...(listeners === 0 ? [] : [`I7: ${listeners} listeners left on the signal`]),
    ...unhandled.map((reason) => `I7: unhandled rejection: ${inspect(reason)}`),
    ...(problem === undefined ? [] : [`I7: the history cannot be sent: ${problem}`]),
  ]
}

function noSecret({ events, result, error, isBrief }: Trace): readonly string[] {
  if (isBrief === true) return hasCanary(JSON.stringify([events, result, error, String(error)])) ? ['key shown'] : []
  const places = { events, result, state: result?.state, error, data: AgentError.is(error) ? [error.toJSON(), error.result] : error }
  return Object.entries(places).flatMap(([name, value]) => (findCanary(value) === undefined ? [] : [`key shown in ${name}`]))
}
