import { asArray, asObject, isArray, isObject, type Json } from '../json.ts'
import { badRequest, type Rejection } from '../rejection.ts'
import { refuse } from '../rules/refusal-rules.ts'
import type { CheckContext } from './context.ts'

type Check = (context: CheckContext) => Rejection | undefined

/** Below this temperature, only one candidate is allowed. The page says "near 0" without a number: assumed. */
const SMALLEST_TEMPERATURE_FOR_CANDIDATES = 0.01

/** Checks the rules that concern two parameters. */
export function checkCombinations(context: CheckContext): Rejection | undefined {
  for (const check of checks) {
    const found = check(context)
    if (found !== undefined) return found
  }
  return undefined
}

const checks: readonly Check[] = [
  function streamOptionsNeedStream({ body, model }) {
    if (!isGiven(body['stream_options']) || body['stream'] === true) return undefined
    return refuse(model.refusals.streamOptionsAlone, {}, { parameter: 'stream_options' })
  },
  function topLogprobsNeedLogprobs({ body, model }) {
    if (!isGiven(body['top_logprobs']) || body['logprobs'] === true) return undefined
    return refuse(model.refusals.logprobsAlone, {}, { parameter: 'top_logprobs' })
  },
  function candidatesNeedTemperature({ body }) {
    const { n, temperature } = body
    const isCold = typeof temperature === 'number' && temperature < SMALLEST_TEMPERATURE_FOR_CANDIDATES
    if (typeof n === 'number' && n > 1 && isCold) return badRequest('Invalid request: n must be 1 when temperature is close to 0', 'n')
    return undefined
  },
  function schemaIsAccepted({ body, model }) {
    if (asObject(body['response_format'])['type'] !== 'json_schema') return undefined
    return refuse(model.refusals.jsonSchema, {}, { parameter: 'response_format' })
  },
  function schemaIsComplete({ body }) {
    const { type, json_schema: given } = asObject(body['response_format'])
    const { name, schema } = asObject(given)
    if (type !== 'json_schema' || (typeof name === 'string' && isObject(schema))) return undefined
    return badRequest('Invalid request: response_format.json_schema needs name and schema', 'response_format')
  },
  function jsonIsMentioned({ body, model }) {
    if (!wantsJson(body['response_format']) || asArray(body['messages']).some(mentionsJson)) return undefined
    return refuse(model.refusals.jsonWord, {}, { parameter: 'response_format' })
  },
  function jsonWithoutPartial({ body }) {
    const partial = asArray(body['messages']).some((message) => asObject(message)['partial'] === true)
    if (!wantsJson(body['response_format']) || !partial) return undefined
    return badRequest('Invalid request: partial mode cannot be used with response_format json_object', 'response_format')
  },
  function requiredNeedsTools({ body, model }) {
    if (body['tool_choice'] !== 'required' || asArray(body['tools']).length > 0) return undefined
    return refuse(model.refusals.choiceNeedsTools, {}, { parameter: 'tool_choice' })
  },
  function forcedNeedsNoThinking({ body, model, thinking }) {
    const choice = isObject(body['tool_choice']) ? 'specified' : body['tool_choice'] === 'required' ? 'required' : undefined
    if (choice === undefined || !thinking) return undefined
    // Models that accept `required` while they think still refuse the other form.
    if (choice === 'required' && model.forcesWhileThinking === true) return undefined
    return refuse(model.refusals.forcedChoice, { choice }, { parameter: 'tool_choice' })
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
