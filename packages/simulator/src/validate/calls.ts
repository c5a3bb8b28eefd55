import { asArray, asObject, asString, type JsonObject } from '../json.ts'
import type { Rejection } from '../rejection.ts'
import { refuse } from '../rules/refusal-rules.ts'
import type { CheckContext } from './context.ts'
import { jsonProblem } from './json-problem.ts'

const SAFE_ID = /^[a-zA-Z0-9_-]+$/

/** Checks earlier calls: their arguments, where the server parses them again, and the characters of their ids. */
export function checkCalls({ model, strict }: CheckContext, message: JsonObject, index: number): Rejection | undefined {
  const { brokenArguments, refusedCallId } = model.refusals
  for (const [call, value] of asArray(message['tool_calls']).entries()) {
    const { id, function: called } = asObject(value)
    const text = asString(asObject(called)['arguments'])
    const problem = brokenArguments === undefined || text === undefined ? undefined : jsonProblem(text, brokenArguments.parser)
    if (problem !== undefined) return refuse(brokenArguments?.message, { problem, index, call })
    if (strict.callIds === true && typeof id === 'string' && !SAFE_ID.test(id)) return refuse(refusedCallId, { index, call })
  }
  return undefined
}
