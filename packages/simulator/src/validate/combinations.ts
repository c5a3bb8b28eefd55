import { asArray, asObject, isArray, type Json } from '../json.ts'
import { badRequest, type Rejection } from '../rejection.ts'
import type { CheckContext } from './context.ts'

type Check = (context: CheckContext) => Rejection | undefined

/** Below this temperature only one candidate can be had. The page says "near 0" and no number: assumed. */
const SMALLEST_TEMPERATURE_FOR_CANDIDATES = 0.01

/** Checks the rules that two parameters make together. */
export function checkCombinations(context: CheckContext): Rejection | undefined {
  for (const check of checks) {
    const found = check(context)
    if (found !== undefined) return found
  }
  return undefined
}

const checks: readonly Check[] = [
  function streamOptionsNeedStream({ body }) {
    if (isGiven(body['stream_options']) && body['stream'] !== true) {
      return badRequest('stream_options should be set along with stream = true', 'stream_options')
    }
    return undefined
  },
  function topLogprobsNeedLogprobs({ body }) {
    if (isGiven(body['top_logprobs']) && body['logprobs'] !== true) {
      return badRequest('Invalid top_logprobs and logprobs value', 'top_logprobs')
    }
    return undefined
  },
  function candidatesNeedTemperature({ body }) {
    const { n, temperature } = body
    const isCold = typeof temperature === 'number' && temperature < SMALLEST_TEMPERATURE_FOR_CANDIDATES
    if (typeof n === 'number' && n > 1 && isCold) return badRequest('Invalid request: n must be 1 when temperature is close to 0', 'n')
    return undefined
  },
  function jsonIsAskedFor({ body }) {
    if (!wantsJson(body['response_format']) || asArray(body['messages']).some(mentionsJson)) return undefined
    return badRequest("Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.", 'response_format')
  },
  function jsonWithoutPartial({ body }) {
    const partial = asArray(body['messages']).some((message) => asObject(message)['partial'] === true)
    if (!wantsJson(body['response_format']) || !partial) return undefined
    return badRequest('Invalid request: partial mode cannot be used with response_format json_object', 'response_format')
  },
  function requiredNeedsTools({ body }) {
    if (body['tool_choice'] !== 'required' || asArray(body['tools']).length > 0) return undefined
    return badRequest("Invalid request: tool_choice 'required' needs at least one tool", 'tool_choice')
  },
  function requiredNeedsNoThinking({ body, model, thinking }) {
    if (body['tool_choice'] !== 'required' || !thinking) return undefined
    const message = model.family === 'kimi' ? "tool_choice 'required' is incompatible with thinking enabled" : 'Thinking mode does not support this tool_choice'
    return badRequest(message, 'tool_choice')
  },
]

function isGiven(value: Json | undefined): boolean {
  return value !== undefined && value !== null
}

function wantsJson(format: Json | undefined): boolean {
  return asObject(format)['type'] === 'json_object'
}

function mentionsJson(message: Json): boolean {
  const content = asObject(message)['content']
  const texts = isArray(content) ? content.map((part) => asObject(part)['text']) : [content]
  return texts.some((text) => typeof text === 'string' && /json/i.test(text))
}
