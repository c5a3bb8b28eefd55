import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../json.ts'
import { badRequest, type Rejection } from '../rejection.ts'
import { type RefusalRules, refuse } from '../rules/refusal-rules.ts'

/** Checks that each tool call has its result directly after it, and each result its call. */
export function checkPairing(rules: RefusalRules, messages: readonly JsonObject[]): Rejection | undefined {
  // One id may be used by two calls of a message: each call needs its own result.
  let pending: string[] = []
  for (const [index, message] of messages.entries()) {
    if (message['role'] === 'tool') {
      const position = pending.indexOf(asString(message['tool_call_id']) ?? '')
      if (position === -1 && rules.orphanResult !== undefined) return refuse(rules.orphanResult, {}, about)
      pending = pending.filter((_, other) => other !== position)
      continue
    }
    if (pending.length > 0 && rules.missingResult !== undefined) return refuse(rules.missingResult, {}, about)
    const calls = asArray(message['tool_calls'])
    const broken = calls.map((call) => brokenCall(call)).find((problem) => problem !== undefined)
    if (broken !== undefined) return badRequest(`Invalid request: messages[${index}].tool_calls: ${broken}`, 'messages')
    pending = calls.map((call) => asString(asObject(call)['id']) ?? '')
  }
  return pending.length > 0 ? refuse(rules.missingResult, {}, about) : undefined
}

const about = { parameter: 'messages' } as const

function brokenCall(call: Json): string | undefined {
  if (!isObject(call)) return 'each call must be an object'
  if (typeof call['id'] !== 'string' || call['id'] === '') return 'each call needs an id'
  const called = call['function']
  if (!isObject(called) || typeof called['name'] !== 'string') return 'each call needs function.name'
  return typeof called['arguments'] === 'string' ? undefined : 'function.arguments must be a string'
}
