import type { RunEventBody } from '../contract/events.ts'
import type { RunResult } from '../contract/result.ts'

/** The last event of a run that has a result. `isHandedOver`: another agent answered in place of that of the run. */
export function runEnd({ status, stopReason, text, usage, cost, toolCalls, pending, agent }: RunResult, isHandedOver: boolean): RunEventBody {
  const asked = pending.length === 0 ? {} : { pending }
  return { type: 'run-end', step: 0, status, stopReason, text, usage, ...(cost && { cost }), toolCalls, ...asked, ...(isHandedOver && { agent }) }
}
