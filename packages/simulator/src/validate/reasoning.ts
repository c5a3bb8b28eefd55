import { asArray, type JsonObject } from '../json.ts'
import type { Rejection } from '../rejection.ts'
import { refuse } from '../rules/refusal-rules.ts'
import { type CheckContext, reasoningFields } from './context.ts'

/** Checks the reasoning of an assistant message: present where it is required, absent where it is refused. */
export function checkReasoning(context: CheckContext, message: JsonObject, index: number): Rejection | undefined {
  const { model, strict, thinking } = context
  if (strict.rejectReasoning === true) {
    const field = reasoningFields.find((name) => message[name] !== undefined)
    return field === undefined ? undefined : refuse(model.refusals.refusedReasoning, { index, field }, { parameter: 'messages' })
  }
  const isNeeded = asArray(message['tool_calls']).length > 0 || strict.requireReasoning === true
  if (!thinking || !isNeeded || typeof message['reasoning_content'] === 'string') return undefined
  return refuse(model.refusals.missingReasoning, { index }, { parameter: 'messages' })
}
