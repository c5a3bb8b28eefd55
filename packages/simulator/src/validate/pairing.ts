import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../json.ts'
import type { ModelFamily } from '../models/simulated-model.ts'
import { badRequest, type Rejection } from '../rejection.ts'

const MISSING_RESULT =
  "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. (insufficient tool messages following tool_calls message)"

/** Checks that each tool call has its result directly after it, and each result its call. */
export function checkPairing(family: ModelFamily, messages: readonly JsonObject[]): Rejection | undefined {
  // An id may come twice in one message: each call wants a result of its own.
  let open: string[] = []
  for (const [index, message] of messages.entries()) {
    if (message['role'] === 'tool') {
      const position = open.indexOf(asString(message['tool_call_id']) ?? '')
      if (position === -1) return orphan(family)
      open = open.filter((_, other) => other !== position)
      continue
    }
    if (open.length > 0) return missing(family)
    const calls = asArray(message['tool_calls'])
    const broken = calls.map((call) => brokenCall(call)).find((problem) => problem !== undefined)
    if (broken !== undefined) return badRequest(`Invalid request: messages[${index}].tool_calls: ${broken}`, 'messages')
    open = calls.map((call) => asString(asObject(call)['id']) ?? '')
  }
  return open.length > 0 ? missing(family) : undefined
}

function orphan(family: ModelFamily): Rejection {
  return badRequest(
    family === 'kimi'
      ? // Two spaces: the server leaves the id out.
        'Invalid request: tool_call_id  is not found'
      : "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
    'messages',
  )
}

function missing(family: ModelFamily): Rejection {
  return badRequest(family === 'kimi' ? `Invalid request: ${MISSING_RESULT}` : MISSING_RESULT, 'messages')
}

function brokenCall(call: Json): string | undefined {
  if (!isObject(call)) return 'each call must be an object'
  if (typeof call['id'] !== 'string' || call['id'] === '') return 'each call needs an id'
  const called = call['function']
  if (!isObject(called) || typeof called['name'] !== 'string') return 'each call needs function.name'
  return typeof called['arguments'] === 'string' ? undefined : 'function.arguments must be a string'
}
