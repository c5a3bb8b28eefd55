import { checkNames, invalidOptions } from '@capstan/core/internal'
import { checkFinishWords } from './check-settings.ts'
import { parameterNames } from './profiles/parameters.ts'
import { defaultClocks, defaultLimits } from './profiles/plain.ts'
import type { ModelProfile } from './profiles/profile.ts'

/** The fields of a profile; true for those that every profile has. */
const fields: Readonly<Record<keyof ModelProfile, boolean>> = {
  endpoint: true,
  models: true,
  source: true,
  parameters: true,
  tools: true,
  toolChoice: true,
  streamUsage: true,
  reasoning: true,
  images: true,
  partial: true,
  emptyContent: true,
  sources: false,
  warnsOfBothSamplings: false,
  singleCandidateBelow: false,
  jsonModeNeedsWord: false,
  thinks: false,
  schemas: false,
  strictTools: false,
  jsonSchema: false,
  callIds: false,
  callInputs: false,
  recovers: false,
  thinkTags: false,
  needsDone: false,
  finishWords: false,
  cachedTokensAt: false,
  clocks: false,
  limits: false,
  prices: false,
  priceNote: false,
  context: false,
  cache: false,
  keyHint: false,
  notes: false,
}

/**
 * Checks the names of a profile that was handed in, and that no needed field is missing.
 *
 * @throws {AgentError} `invalid-options`, naming the field.
 */
export function checkProfile(profile: ModelProfile): void {
  if (typeof profile !== 'object' || profile === null) throw invalidOptions('`profile` must be an object, such as one of `profiles`.')
  checkNames(profile, { names: Object.keys(fields), what: 'a field of a profile', path: 'profile.' })
  for (const [name, isNeeded] of Object.entries(fields)) {
    if (isNeeded && !Object.hasOwn(profile, name)) throw invalidOptions(`\`profile.${name}\` is missing. Begin with \`{ ...profiles.plain, … }\`.`)
  }
  checkNames(profile.parameters, {
    names: parameterNames,
    what: 'a parameter',
    path: 'profile.parameters.',
    instead: { stop: 'stopSequences', effort: 'reasoningEffort', maxTokens: 'maxOutputTokens' },
  })
  checkNames(profile.tools, { names: ['allowed', 'because', 'max', 'names'], what: 'a field of a profile', path: 'profile.tools.' })
  checkNames(profile.toolChoice, { names: ['values', 'whileThinking', 'onlyWhenAsked'], what: 'a field of a profile', path: 'profile.toolChoice.' })
  checkNames(profile.reasoning, { names: ['field', 'passBack', 'flips'], what: 'a field of a profile', path: 'profile.reasoning.' })
  checkFinishWords(profile.finishWords ?? {})
  checkNames(profile.clocks ?? {}, { names: Object.keys(defaultClocks), what: 'a clock', path: 'profile.clocks.' })
  checkNames(profile.limits ?? {}, { names: Object.keys(defaultLimits), what: 'a limit of a model', path: 'profile.limits.' })
}
