import type { Json, ToolChoice, Warning } from '@capstan/core'
import { invalidOptions, isJsonObject } from '@capstan/core/internal'
import { type CompleteRule, type ParameterName, parameterNames, parameterRule } from '../profiles/parameters.ts'
import type { ModelProfile } from '../profiles/profile.ts'
import { unlisted } from '../profiles/rules.ts'
import { refusedBy } from '../refusals.ts'
import type { ChatSettings } from '../settings.ts'

/** The parameters of a request: wire names and values, in the order in which they are sent. */
export type WireParameters = readonly (readonly [name: string, value: Json])[]

/**
 * Checks the parameters of the settings against the profile of the model and maps them to the wire. What is not set is not sent.
 *
 * @throws {AgentError} `invalid-options`, naming parameter, model, rule and what to do instead.
 */
export function encodeParameters(settings: ChatSettings, profile: ModelProfile, model: string): WireParameters {
  const parameters = new Map<string, Json>()
  for (const name of parameterNames) {
    const value = settings[name]
    if (value === undefined) continue
    const rule = takenBy(model, name, profile)
    const problem = problemOf(value, rule)
    if (problem !== undefined) {
      throw invalidOptions(`\`${name}\` (${rule.wire}) of ${model} must be ${problem}; got ${shown(value)}. Change it or leave it out.`)
    }
    const encoded = wireValue(value, rule)
    const before = parameters.get(rule.wire)
    if (encoded !== undefined) parameters.set(rule.wire, isJsonObject(before) && isJsonObject(encoded) ? { ...before, ...encoded } : encoded)
  }
  checkTogether(settings, profile, model)
  return [...parameters]
}

function takenBy(model: string, name: ParameterName, profile: ModelProfile): CompleteRule {
  const rule = parameterRule(name, profile) ?? unlisted('its profile does not list it')
  if (rule.kind === 'refused') throw refusedBy(model, `\`${name}\``, { because: rule.because ?? '', instead: rule.instead ?? '' })
  // Only a refusal may leave out what the table of parameters says.
  return rule as CompleteRule
}

/** Whether the model thinks with these settings, as far as the profile knows. */
export function isThinking({ thinking }: ChatSettings, { thinks }: ModelProfile): boolean {
  if (thinks === undefined || thinks === 'always') return thinks === 'always'
  return thinking === undefined ? thinks === 'unless-disabled' : thinking === 'enabled'
}

/** The values of tool choice that may be sent. */
export function choicesOf({ toolChoice: { values, whileThinking = values } }: ModelProfile, thinks: boolean): readonly ToolChoice[] {
  return thinks ? whileThinking : values
}

/** Warnings of settings that the model takes and that do not do what they seem to. */
export function parameterWarnings(settings: ChatSettings, profile: ModelProfile, id: string): readonly Warning[] {
  const warnings: Warning[] = []
  const { temperature, topP } = settings
  if (profile.warnsOfBothSamplings === true && temperature !== undefined && topP !== undefined) {
    const message = `\`temperature\` and \`topP\` are both set for ${id}; its documentation advises to change only one of them.`
    warnings.push({ code: 'both-samplings', message })
  }
  if (!isThinking(settings, profile)) return warnings
  const idle = parameterNames.filter((name) => settings[name] !== undefined && profile.parameters[name]?.idleWhileThinking === true)
  if (idle.length > 0) {
    const message = `${idle.map((name) => `\`${name}\``).join(', ')} of ${id}: the model ignores them while it thinks. Leave them out, or set \`thinking: 'disabled'\`.`
    warnings.push({ code: 'no-effect', message })
  }
  return warnings
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`
}

function wireValue(value: string | number | boolean | readonly string[], { kind, adds, sends, asType }: CompleteRule): Json | undefined {
  if (kind === 'boolean' && adds !== undefined) return value === true ? adds : undefined
  if (kind !== 'choice') return value
  return sends?.[String(value)] ?? (asType === true ? { type: value } : value)
}

function problemOf(value: unknown, rule: CompleteRule): string | undefined {
  switch (rule.kind) {
    case 'number':
    case 'integer':
      return numberProblem(value, rule)
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false'
    case 'choice':
      return rule.values?.includes(String(value)) === true ? undefined : `one of ${(rule.values ?? []).map((word) => `'${word}'`).join(', ')}`
    case 'strings':
      return stringsProblem(value, rule)
    default:
      return textProblem(value, rule)
  }
}

function numberProblem(value: unknown, rule: CompleteRule): string | undefined {
  const { kind, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = rule
  const isOfKind = kind === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value)
  if (isOfKind && typeof value === 'number' && value >= min && value <= max) return undefined
  return `${kind === 'integer' ? 'an integer' : 'a number'}${rangeOf(rule)}`
}

/** In words, starting with a space; empty without a range. */
function rangeOf({ min, max }: CompleteRule): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  if (min !== undefined) return ` >= ${min}`
  return max === undefined ? '' : ` <= ${max}`
}

function stringsProblem(value: unknown, { maxItems = Number.POSITIVE_INFINITY, maxBytesEach }: CompleteRule): string | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0 || !list.every((item) => typeof item === 'string' && item !== '')) return 'a string that is not empty, or an array of such strings'
  if (list.length > maxItems) return `at most ${maxItems} strings (there are ${list.length})`
  const tooLong = maxBytesEach === undefined ? undefined : list.find((item) => typeof item === 'string' && Buffer.byteLength(item) > maxBytesEach)
  return tooLong === undefined ? undefined : `strings of at most ${maxBytesEach} bytes of UTF-8 each`
}

function textProblem(value: unknown, { pattern }: CompleteRule): string | undefined {
  if (typeof value !== 'string' || value === '') return 'a string that is not empty'
  return pattern === undefined || new RegExp(`^(?:${pattern})$`).test(value) ? undefined : `a string of the form ${pattern}`
}

function checkTogether(settings: ChatSettings, profile: ModelProfile, model: string): void {
  const { temperature, n, topLogprobs, logprobs, strictTools, keepReasoning, thinking } = settings
  const { singleCandidateBelow } = profile
  if (topLogprobs !== undefined && logprobs !== true) {
    throw invalidOptions(`\`topLogprobs\` of ${model} needs \`logprobs: true\`. Set both or neither.`)
  }
  if (singleCandidateBelow !== undefined && temperature !== undefined && temperature < singleCandidateBelow && n !== undefined && n > 1) {
    throw invalidOptions(
      `\`n\` of ${model} must be 1 with a temperature below ${singleCandidateBelow}: the model gives only one candidate there. Raise \`temperature\` or leave \`n\` out.`,
    )
  }
  if (strictTools === true && profile.strictTools === undefined) {
    throw refusedBy(model, '`strictTools`', { because: 'no strict mode of its endpoint is documented', instead: 'leave it out' })
  }
  if (keepReasoning === true && thinking === 'disabled') {
    throw invalidOptions(`\`keepReasoning\` of ${model} needs thinking, which \`thinking: 'disabled'\` switches off. Leave out one of the two.`)
  }
  checkToolSettings(settings, profile, model)
}

function checkToolSettings({ allowTools, toolProtocol, strictTools }: ChatSettings, profile: ModelProfile, model: string): void {
  const takesTools = profile.tools.allowed && profile.models.length > 0
  if (allowTools !== undefined && takesTools) throw refusedBy(model, '`allowTools`', { because: 'the model takes tools without it', instead: 'leave it out' })
  if (toolProtocol !== 'text') return
  if (takesTools) throw refusedBy(model, "`toolProtocol: 'text'`", { because: 'the model takes tools', instead: 'leave it out' })
  const other = allowTools === true ? 'allowTools' : strictTools === true ? 'strictTools' : undefined
  if (other !== undefined)
    throw invalidOptions(`\`toolProtocol: 'text'\` of ${model} sends no tools, so \`${other}\` cannot be true with it. Leave out one of the two.`)
}
