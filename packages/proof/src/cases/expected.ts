import { AgentError, type AgentErrorCode, type ErrorPhase, type StopReason } from '@capstan/core'
import type { Observation } from '../lab/observe.ts'

/** What a run does about a fault. */
export type Expected =
  /** The reply is complete in spite of the fault. */
  | { readonly is: 'ok'; readonly text?: string; readonly warning?: string; readonly tools?: number; readonly requests?: number }
  /** The attempt fails with this code. */
  | {
      readonly is: 'error'
      readonly code: AgentErrorCode
      readonly phase?: ErrorPhase
      /** Whether the request is sent again. */
      readonly retry: boolean
      /** `retryable` of the error; default as `retry`. */
      readonly retryable?: boolean
      /** True when text of the step was shown by then: `stream` does not start it again. `maybe` where it comes with the error in one read. */
      readonly shown?: boolean | 'maybe'
      /** Requests when each of them meets the fault; default 3. */
      readonly always?: number
    }
  /** The run ends as a result of another kind. */
  | { readonly is: 'stop'; readonly stopReason: StopReason; readonly requests?: number; readonly text?: string }
  /** The reply is empty: the request is sent again once in a run, then the run fails. */
  | { readonly is: 'empty' }
  /** The model gets a text instead of the result of its call, and the run continues. */
  | { readonly is: 'told'; readonly tools?: number; readonly says: string }

/** The attempt fails with this code and is repeated. `shown`: text of the step was shown before. */
export function retried(code: AgentErrorCode, phase?: ErrorPhase, shown?: boolean | 'maybe'): Expected {
  return { is: 'error', code, retry: true, ...(phase !== undefined && { phase }), ...(shown !== undefined && { shown }) }
}

/** The attempt fails with this code and is not repeated. */
export function refused(code: AgentErrorCode, phase?: ErrorPhase): Expected {
  return { is: 'error', code, retry: false, ...(phase !== undefined && { phase }) }
}

/** The model gets a text that contains this instead of the result of its call. */
export function told(says: string): Expected {
  return { is: 'told', says }
}

/** So many tools run, and the model is sent their results. */
export function ran(tools: number): Expected {
  return { is: 'ok', tools }
}

export type Variant = 'generate, struck once' | 'stream, struck once' | 'generate, struck always'

/** The lines of `wordsOf` that are right. */
export function expectedOf(expected: Expected, variant: Variant): readonly string[] {
  switch (expected.is) {
    case 'ok':
      return [line('finished', expected.requests ?? 1 + Math.min(1, expected.tools ?? 0), expected)]
    case 'stop':
      return [line(expected.stopReason, expected.requests ?? 1, {})]
    case 'told':
      return [line('finished', 2, { tools: expected.tools ?? 0 })]
    case 'empty':
      return [variant === 'generate, struck always' ? line('empty-reply', 2, {}) : line('finished', 2, {})]
    case 'error':
      return errorWords(expected, variant)
  }
}

function errorWords({ code, phase, retry, shown, always }: Extract<Expected, { is: 'error' }>, variant: Variant): readonly string[] {
  const where = phase === undefined ? '' : ` in ${phase}`
  if (!retry) return [line(`${code}${where}`, 1, {})]
  if (variant === 'generate, struck always') return [line(`${code}${where}`, always ?? 3, {})]
  const again = line('finished', 2, {})
  const interrupted = line(`stream-interrupted${where}`, 1, {})
  if (variant !== 'stream, struck once' || shown === undefined || shown === false) return [again]
  return shown === true ? [interrupted] : [again, interrupted]
}

interface Details {
  readonly tools?: number
  readonly warning?: string
}

function line(outcome: string, requests: number, { tools = 0, warning }: Details): string {
  const ran = tools === 0 ? '' : `, ${tools} tool${tools === 1 ? '' : 's'} run`
  return `${outcome}, ${requests} request${requests === 1 ? '' : 's'}${ran}${warning === undefined ? '' : `, warns of ${warning}`}`
}

/** What was seen of a run, in one line. Phase and warnings are named where they are expected. */
export function wordsOf(seen: Observation, expected: Expected): string {
  const requests = seen.requests ?? seen.events.filter(({ type }) => type === 'attempt').length
  const details = { tools: seen.executed.length, ...warningOf(seen, expected) }
  return `${line(outcomeOf(seen, expected), requests, details)}${notSaid(seen, expected)}`
}

function outcomeOf({ result, error }: Observation, expected: Expected): string {
  if (result !== undefined) return result.stopReason
  if (error === undefined) return 'hangs'
  if (!AgentError.is(error)) return `throws ${String(error)}`
  const where = expected.is === 'error' && expected.phase !== undefined ? `${error.code} in ${error.phase}` : error.code
  if (expected.is !== 'error' || error.code !== expected.code || error.retryable === (expected.retryable ?? expected.retry)) return where
  return `${where}, retryable ${error.retryable}`
}

function warningOf({ result }: Observation, expected: Expected): Pick<Details, 'warning'> {
  const wanted = expected.is === 'ok' ? expected.warning : undefined
  const warning = result?.warnings.find(({ code }) => code === wanted)?.code
  return warning === undefined ? {} : { warning }
}

function notSaid({ result, events }: Observation, expected: Expected): string {
  if (expected.is === 'told') {
    const told = events.flatMap((event) => (event.type === 'tool-end' ? [event.text] : []))
    return told.some((text) => text.includes(expected.says)) ? '' : `, told: ${told.join(' / ').slice(0, 200)}`
  }
  const text = expected.is === 'ok' || expected.is === 'stop' ? expected.text : undefined
  return text === undefined || result === undefined || result.text === text ? '' : `, text: ${JSON.stringify(result.text.slice(0, 100))}`
}
