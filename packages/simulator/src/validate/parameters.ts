import { isObject, type Json } from '../json.ts'
import type { ParameterRule } from '../models/simulated-model.ts'
import { badRequest, type Rejection } from '../rejection.ts'
import { refuse } from '../rules/refusal-rules.ts'
import type { CheckContext } from './context.ts'

/** Checks every parameter of the body against the model's table. Null counts as absent. */
export function checkParameters(context: CheckContext): Rejection | undefined {
  for (const [name, value] of Object.entries(context.body)) {
    if (value === null || value === undefined) continue
    const found = checkParameter(context, name, value)
    if (found !== undefined) return found
  }
  return undefined
}

function checkParameter(context: CheckContext, name: string, value: Json): Rejection | undefined {
  const { model, strict, thinking } = context
  if (name === 'max_tokens' && strict.tokenLimitName === true) return refuse(model.refusals.oldTokenLimit, {}, { parameter: name })
  const rule = ruleOf(context, name)
  if (rule === undefined) {
    return strict.unlistedParameters === true ? badRequest(`Unknown parameter: ${name}. ${model.id} does not list it.`, name) : undefined
  }
  if (rule.kind === 'refused') return refuse(model.refusals.refusedParameter, { model: model.id, name }, { parameter: name })
  if (rule.kind === 'locked') {
    const only = thinking ? rule.value : (rule.withoutThinking ?? rule.value)
    return value === only ? undefined : refuse(model.refusals.lockedParameter, { name, value: only }, { parameter: name })
  }
  const broken = brokenRule(rule, value, name)
  if (broken === undefined) return undefined
  if (rule.kind === 'typed-object' && rule.message !== undefined) return badRequest(rule.message, name)
  return refuse(model.refusals.invalidParameter, { name, rule: broken }, { parameter: name })
}

function ruleOf({ model, strict }: CheckContext, name: string): ParameterRule | undefined {
  const rule = model.parameters[name] ?? model.unlisted[name]
  const isRefused = (name === 'stream_options' && strict.streamOptions === true) || (name === 'tool_choice' && strict.toolChoice === true)
  return rule !== undefined && isRefused ? { kind: 'refused' } : rule
}

/** What the value must be; `undefined` when it is valid. */
function brokenRule(rule: ParameterRule, value: Json, name: string): string | undefined {
  switch (rule.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'it must be a boolean'
    case 'number':
      return brokenNumber(rule, value, name)
    case 'integer':
      return brokenInteger(rule, value, name)
    case 'text':
      return brokenText(rule, value)
    case 'one-of':
      return typeof value === 'string' && rule.values.includes(value) ? undefined : `it must be one of ${rule.values.join(', ')}`
    case 'tool-choice':
      return brokenChoice(rule, value)
    case 'typed-object':
      return brokenTypedObject(rule.types, value)
    case 'object':
      return isObject(value) ? undefined : 'it must be an object'
    case 'strings':
      return brokenStrings(rule, value)
    default:
      return undefined
  }
}

function brokenNumber(rule: Extract<ParameterRule, { kind: 'number' }>, value: Json, name: string): string | undefined {
  const fits = typeof value === 'number' && value >= rule.minimum && value <= rule.maximum
  return fits ? undefined : `the valid range of ${name} is [${rule.minimum}, ${rule.maximum}]`
}

function brokenInteger(rule: Extract<ParameterRule, { kind: 'integer' }>, value: Json, name: string): string | undefined {
  const maximum = rule.maximum ?? Number.POSITIVE_INFINITY
  if (typeof value === 'number' && Number.isInteger(value) && value >= rule.minimum && value <= maximum) return undefined
  return rule.maximum === undefined ? `it must be an integer of at least ${rule.minimum}` : `the valid range of ${name} is [${rule.minimum}, ${rule.maximum}]`
}

function brokenText({ pattern }: Extract<ParameterRule, { kind: 'text' }>, value: Json): string | undefined {
  if (typeof value !== 'string') return 'it must be a string'
  return pattern === undefined || pattern.test(value) ? undefined : `it must match ${pattern.source}`
}

function brokenChoice({ values, named }: Extract<ParameterRule, { kind: 'tool-choice' }>, value: Json): string | undefined {
  if (typeof value === 'string' && values.includes(value)) return undefined
  const names = isObject(value) && value['type'] === 'function' && isObject(value['function'])
  return named && names ? undefined : `it must be one of ${values.join(', ')}`
}

function brokenTypedObject(types: readonly string[], value: Json): string | undefined {
  const type = isObject(value) ? value['type'] : undefined
  return typeof type === 'string' && types.includes(type) ? undefined : `its type must be one of ${types.join(', ')}`
}

function brokenStrings(rule: Extract<ParameterRule, { kind: 'strings' }>, value: Json): string | undefined {
  const items = typeof value === 'string' ? [value] : value
  if (!Array.isArray(items) || !items.every((item) => typeof item === 'string')) return 'it must be a string or an array of strings'
  if (items.length > rule.maxItems) return `at most ${rule.maxItems} strings are allowed`
  const maxBytes = rule.maxBytesEach
  if (maxBytes === undefined || items.every((item) => Buffer.byteLength(item) <= maxBytes)) return undefined
  return `each string must be at most ${maxBytes} bytes long`
}
