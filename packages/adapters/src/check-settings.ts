import type { RunSettings } from '@capstan/core'
import { checkNames, invalidOptions, isJsonObject } from '@capstan/core/internal'
import { parameterNames } from './profiles/parameters.ts'
import { defaultClocks, defaultLimits } from './profiles/plain.ts'
import type { ByteLimits, Clocks, FinishMeaning, ModelProfile } from './profiles/profile.ts'
import type { ChatSettings, ConnectionSettings, ToolSettings } from './settings.ts'

type SettingType = 'boolean' | 'string' | 'object'

/** All settings that are not parameters of a request. */
const settingTypes: Readonly<Record<keyof (ConnectionSettings & ToolSettings), SettingType>> = {
  apiKey: 'string',
  apiKeyEnv: 'string',
  baseURL: 'string',
  headers: 'object',
  dispatcher: 'object',
  stream: 'boolean',
  streamUsage: 'boolean',
  finishWords: 'object',
  timeouts: 'object',
  limits: 'object',
  prices: 'object',
  limiter: 'object',
  extraBody: 'object',
  strictTools: 'boolean',
  allowTools: 'boolean',
  toolProtocol: 'string',
}
const names = [...Object.keys(settingTypes), ...parameterNames]

const typeWords: Readonly<Record<SettingType, string>> = { boolean: 'true or false', string: 'a string', object: 'an object' }

/** Names of other libraries and of 0.1.0, and what they are here. */
const instead: Readonly<Record<string, string>> = {
  maxTokens: 'maxOutputTokens',
  max_tokens: 'maxOutputTokens',
  maxCompletionTokens: 'maxOutputTokens',
  max_completion_tokens: 'maxOutputTokens',
  maxNewTokens: 'maxOutputTokens',
  stop: 'stopSequences',
  effort: 'reasoningEffort',
  key: 'apiKey',
  token: 'apiKey',
  url: 'baseURL',
  endpoint: 'baseURL',
  fetch: 'dispatcher',
  proxy: 'dispatcher',
  agent: 'dispatcher',
  body: 'extraBody',
  user: 'userId',
}

/**
 * Checks names and shapes of the settings; the values of parameters are checked against the profile.
 *
 * @throws {AgentError} `invalid-options`, naming the setting.
 */
export function checkSettings(settings: ChatSettings, model: string): void {
  if (typeof model !== 'string' || model === '') throw invalidOptions('The model needs a name: a string that is not empty.')
  if (typeof settings !== 'object' || settings === null) throw invalidOptions(`The settings of ${model} must be an object.`)
  checkNames(settings, { names, what: `a setting of ${model}`, instead, hint: 'What only the endpoint knows is sent unchecked with `extraBody`.' })
  checkTypes(settings)
  for (const name of ['model', 'messages', 'stream']) {
    if (settings.extraBody !== undefined && Object.hasOwn(settings.extraBody, name)) {
      throw invalidOptions(`\`extraBody.${name}\` of ${model} is refused: Capstan sends ${name} itself. Leave it out.`)
    }
  }
}

const ofRun: readonly string[] = [...parameterNames, 'extraBody']

/** What a name is in a run. A run records its settings, so those of the connection and of the tools belong to the model. */
const insteadInRun = Object.fromEntries(
  [...Object.keys(settingTypes).map((name) => [name, name] as const), ...Object.entries(instead)].map(([name, meant]) => [
    name,
    ofRun.includes(meant) ? meant : `\`${meant}\` where the model is made, and another agent for another value`,
  ]),
)

/**
 * The settings of a model for one run: what the caller of the run gives, over what the model was given.
 *
 * @throws {AgentError} `invalid-options` for a name that is not a setting of a run. The values are checked with those of the model.
 */
export function settingsOfRun<Settings extends ChatSettings>(settings: Settings, changes: RunSettings, id: string): Settings {
  checkNames(changes, { names: ofRun, what: `a setting of a run of ${id}`, instead: insteadInRun, path: 'settings.' })
  const { extraBody } = changes
  return { ...settings, ...defined(changes), ...(isJsonObject(extraBody) && { extraBody: { ...settings.extraBody, ...extraBody } }) }
}

function checkTypes(settings: ChatSettings): void {
  for (const [name, type] of Object.entries(settingTypes)) {
    // The table has only names of settings.
    const value: unknown = settings[name as keyof typeof settingTypes]
    const isOfType = type === 'object' ? typeof value === 'object' && value !== null && !Array.isArray(value) : typeof value === type
    if (value !== undefined && !isOfType) throw invalidOptions(`\`${name}\` must be ${typeWords[type]}.`)
  }
  const { toolProtocol = 'native' } = settings
  if (!['native', 'text'].includes(toolProtocol)) throw invalidOptions("`toolProtocol` must be 'native' or 'text'.")
  checkHeaders(settings.headers ?? {})
  checkFinishWords(settings.finishWords ?? {})
  if (settings.prices !== undefined) {
    checkNames(settings.prices, {
      names: ['currency', 'input', 'output', 'cachedInput', 'cacheWrite'],
      what: 'a price',
      path: 'prices.',
      instead: { cached: 'cachedInput' },
    })
  }
  if (settings.dispatcher !== undefined && typeof settings.dispatcher.dispatch !== 'function') {
    throw invalidOptions('`dispatcher` must be a dispatcher of undici 7, such as an Agent or a ProxyAgent.')
  }
}

function checkHeaders(headers: object): void {
  if (Symbol.iterator in headers) throw invalidOptions('`headers` must be a plain object. Use Object.fromEntries(headers).')
  for (const [name, value] of Object.entries(headers)) if (typeof value !== 'string') throw invalidOptions(`\`headers.${name}\` must be a string.`)
}

const finishMeanings: Readonly<Record<FinishMeaning, true>> = {
  stop: true,
  'tool-calls': true,
  length: true,
  'content-filter': true,
  overloaded: true,
  failed: true,
  other: true,
}

/** Checks the meanings of finish words. */
export function checkFinishWords(words: object): void {
  for (const [word, meaning] of Object.entries(words)) {
    if (Object.hasOwn(finishMeanings, String(meaning))) continue
    const known = Object.keys(finishMeanings).map((name) => `'${name}'`)
    throw invalidOptions(`\`finishWords.${word}\` must be one of ${known.join(', ')}.`)
  }
}

/** The clocks of a model: settings over profile over defaults. */
export function clocksOf({ timeouts }: ChatSettings, profile: ModelProfile): Clocks {
  checkNumbers(timeouts, defaultClocks, { what: 'a clock', path: 'timeouts.' })
  return { ...defaultClocks, ...profile.clocks, ...defined(timeouts) }
}

/** The limits of a model: settings over profile over defaults. */
export function limitsOf({ limits }: ChatSettings, profile: ModelProfile): ByteLimits {
  checkNumbers(limits, defaultLimits, { what: 'a limit of a model', path: 'limits.' })
  return { ...defaultLimits, ...profile.limits, ...defined(limits) }
}

function checkNumbers(given: object = {}, known: object, { what, path }: { readonly what: string; readonly path: string }): void {
  checkNames(given, { names: Object.keys(known), what, path })
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && !(typeof value === 'number' && value > 0)) throw invalidOptions(`\`${path}${name}\` must be a number above 0, or Infinity.`)
  }
}

function defined<Given extends object>(given: Given | undefined): Partial<Given> {
  const entries = Object.entries(given ?? {}).filter(([, value]) => value !== undefined)
  // These are some of the entries of `Given`.
  return Object.fromEntries(entries) as Partial<Given>
}
