import { AgentError, type Json, type ToolChoice, type Warning } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import type { ModelProfile, ParameterName, ParameterRule } from '../profiles/profile.ts'
import type { ChatParameters } from '../settings.ts'

/** The parameters of a request: wire names and values, in the order in which they are sent. */
export type WireParameters = readonly (readonly [name: string, value: Json])[]

const order: readonly ParameterName[] = [
  'temperature',
  'topP',
  'topK',
  'n',
  'maxOutputTokens',
  'presencePenalty',
  'frequencyPenalty',
  'stop',
  'responseFormat',
  'logprobs',
  'topLogprobs',
  'thinking',
  'keepReasoning',
  'effort',
  'userId',
  'promptCacheKey',
  'safetyIdentifier',
]

/**
 * Checks the settings of a model against its profile and words them for the wire. What is not set is not sent.
 *
 * @throws {AgentError} `invalid-options`, naming parameter, model, rule and way out.
 */
export function encodeParameters(settings: ChatParameters, profile: ModelProfile, model: string): WireParameters {
  const parameters = new Map<string, Json>()
  for (const name of order) {
    const value = settings[name]
    if (value === undefined) continue
    const rule = profile.parameters[name]
    if (rule === undefined)
      throw refused(name, model, { because: 'its profile does not list it', instead: 'leave it out, or send it unchecked with `extraBody`' })
    if (rule.kind === 'refused') throw refused(name, model, rule)
    const problem = problemOf(value, rule)
    if (problem !== undefined) throw invalid(`\`${name}\` (${rule.wire}) of ${model} must be ${problem}; got ${shown(value)}. Change it or leave it out.`)
    const worded = wireValue(value, rule)
    const before = parameters.get(rule.wire)
    if (worded !== undefined) parameters.set(rule.wire, isJsonObject(before) && isJsonObject(worded) ? { ...before, ...worded } : worded)
  }
  checkTogether(settings, profile, model)
  return [...parameters]
}

/** Whether the model thinks with these settings, as far as the profile knows. */
export function isThinking({ thinking }: ChatParameters, { thinks }: ModelProfile): boolean {
  if (thinks === undefined || thinks === 'always') return thinks === 'always'
  return thinking === undefined ? thinks === 'unless-disabled' : thinking === 'enabled'
}

/** The values of tool choice that may be sent. */
export function choicesOf({ toolChoice: { values, whileThinking = values } }: ModelProfile, thinks: boolean): readonly ToolChoice[] {
  return thinks ? whileThinking : values
}

/** What is taken and will not do what it looks like. */
export function parameterWarnings(settings: ChatParameters, profile: ModelProfile, id: string): readonly Warning[] {
  const warnings: Warning[] = []
  const { temperature, topP } = settings
  if (profile.warnsOfBothSamplings === true && temperature !== undefined && topP !== undefined) {
    const message = `\`temperature\` and \`topP\` are both set for ${id}; its documentation advises to change only one of them.`
    warnings.push({ code: 'both-samplings', message })
  }
  if (!isThinking(settings, profile)) return warnings
  const idle = order.filter((name) => settings[name] !== undefined && profile.parameters[name]?.idleWhileThinking === true)
  if (idle.length > 0) {
    const message = `${idle.map((name) => `\`${name}\``).join(', ')} of ${id}: taken and not heeded while it thinks. Leave out, or set \`thinking: 'disabled'\`.`
    warnings.push({ code: 'no-effect', message })
  }
  return warnings
}

function refused(name: string, model: string, rule: { readonly because: string; readonly instead: string }): AgentError {
  return invalid(`\`${name}\` is refused by ${model}: ${rule.because}. Way out: ${rule.instead}.`)
}

function invalid(message: string): AgentError {
  return new AgentError(message, { code: 'invalid-options' })
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`
}

function wireValue(value: string | number | boolean | readonly string[], rule: ParameterRule): Json | undefined {
  if (rule.kind === 'boolean' && rule.adds !== undefined) return value === true ? rule.adds : undefined
  if (rule.kind !== 'choice') return value
  return rule.sends?.[String(value)] ?? (rule.asType ? { type: value } : value)
}

function problemOf(value: unknown, rule: Exclude<ParameterRule, { readonly kind: 'refused' }>): string | undefined {
  switch (rule.kind) {
    case 'number':
    case 'integer':
      return numberProblem(value, rule)
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false'
    case 'choice':
      return typeof value === 'string' && rule.values.includes(value) ? undefined : `one of ${rule.values.map((word) => `'${word}'`).join(', ')}`
    case 'strings':
      return stringsProblem(value, rule)
    case 'text':
      return textProblem(value, rule)
  }
}

function numberProblem(value: unknown, rule: Extract<ParameterRule, { kind: 'number' | 'integer' }>): string | undefined {
  const { kind, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = rule
  const isOfKind = kind === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value)
  if (isOfKind && typeof value === 'number' && value >= min && value <= max) return undefined
  return `${kind === 'integer' ? 'an integer' : 'a number'}${rangeOf(rule)}`
}

/** In words, starting with a space; empty without a range. */
function rangeOf({ min, max }: { readonly min?: number; readonly max?: number }): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  if (min !== undefined) return ` >= ${min}`
  return max === undefined ? '' : ` <= ${max}`
}

function stringsProblem(
  value: unknown,
  { maxItems = Number.POSITIVE_INFINITY, maxBytesEach }: { readonly maxItems?: number; readonly maxBytesEach?: number },
): string | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0 || !list.every((item) => typeof item === 'string' && item !== '')) return 'a string that is not empty, or an array of such strings'
  if (list.length > maxItems) return `at most ${maxItems} strings (there are ${list.length})`
  const tooLong = maxBytesEach === undefined ? undefined : list.find((item) => typeof item === 'string' && Buffer.byteLength(item) > maxBytesEach)
  return tooLong === undefined ? undefined : `strings of at most ${maxBytesEach} bytes of UTF-8 each`
}

function textProblem(value: unknown, { pattern }: { readonly pattern?: string }): string | undefined {
  if (typeof value !== 'string' || value === '') return 'a string that is not empty'
  return pattern === undefined || new RegExp(`^(?:${pattern})$`).test(value) ? undefined : `a string of the form ${pattern}`
}

function checkTogether(settings: ChatParameters, profile: ModelProfile, model: string): void {
  const { temperature, n, topLogprobs, logprobs, allowTools, strictTools, keepReasoning, thinking } = settings
  const { singleCandidateBelow } = profile
  if (topLogprobs !== undefined && logprobs !== true) {
    throw invalid(`\`topLogprobs\` of ${model} needs \`logprobs: true\`. Set both or neither.`)
  }
  if (singleCandidateBelow !== undefined && temperature !== undefined && temperature < singleCandidateBelow && n !== undefined && n > 1) {
    throw invalid(
      `\`n\` of ${model} must be 1 with a temperature below ${singleCandidateBelow}: the model gives only one candidate there. Raise \`temperature\` or leave \`n\` out.`,
    )
  }
  if (strictTools === true && profile.strictTools === undefined) {
    throw invalid(`\`strictTools\` is refused by ${model}: no strict mode of its endpoint is documented. Way out: leave it out.`)
  }
  if (keepReasoning === true && thinking === 'disabled') {
    throw invalid(`\`keepReasoning\` of ${model} needs thinking: it does not go with \`thinking: 'disabled'\`. Leave out one of the two.`)
  }
  if (allowTools !== undefined && typeof allowTools !== 'boolean') throw invalid('`allowTools` must be true or false.')
  if (allowTools !== undefined && profile.tools.allowed && profile.models.length > 0) {
    throw invalid(`\`allowTools\` is refused by ${model}: it takes tools anyway. Way out: leave it out.`)
  }
}
