import type { RunnableCall } from '../check-calls.ts'
import type { LoopRun } from '../loop-run.ts'

/** Whether the guard decides about a call: it reaches something, and the run has read what must not decide that, or must not leave. */
export function isGuarded({ config, taint }: LoopRun, { declared }: Pick<RunnableCall, 'declared'>): boolean {
  const { flow } = config
  if (flow === undefined || flow.guard === 'off' || declared?.reaches === undefined) return false
  return taint.has('untrusted') || (taint.has('secret') && declared.reaches.includes('external'))
}

/** Whether people who are asked about a call are told where its fields come from: the run has read something labelled. */
export function tellsOrigins({ config, taint }: LoopRun): boolean {
  return config.flow !== undefined && taint.labels.length > 0
}
