import { AgentError } from '@capstan/core'
import { defaultClocks, defaultLimits } from './profiles/plain.ts'
import type { ByteLimits, Clocks, ModelProfile } from './profiles/profile.ts'
import type { ChatSettings } from './settings.ts'

const names: Readonly<Record<keyof ChatSettings, true>> = {
  apiKey: true,
  apiKeyEnv: true,
  baseURL: true,
  headers: true,
  dispatcher: true,
  stream: true,
  streamUsage: true,
  timeouts: true,
  limits: true,
  prices: true,
  limiter: true,
  extraBody: true,
  maxOutputTokens: true,
  presencePenalty: true,
  frequencyPenalty: true,
  stop: true,
  temperature: true,
  topP: true,
  topK: true,
  n: true,
  responseFormat: true,
  logprobs: true,
  topLogprobs: true,
  thinking: true,
  keepReasoning: true,
  effort: true,
  userId: true,
  promptCacheKey: true,
  safetyIdentifier: true,
  strictTools: true,
  allowTools: true,
}

/**
 * Checks names and shapes of the settings; the values of parameters are checked against the profile.
 *
 * @throws {AgentError} `invalid-options`, naming the setting.
 */
export function checkSettings(settings: ChatSettings, model: string): void {
  if (typeof model !== 'string' || model === '') throw invalid('The model needs a name: a string that is not empty.')
  for (const name of Object.keys(settings)) {
    if (!Object.hasOwn(names, name)) throw invalid(`\`${name}\` is not a setting of ${model}. Send it unchecked with \`extraBody\` if the endpoint knows it.`)
  }
  checkTypes(settings)
  for (const name of ['model', 'messages', 'stream']) {
    if (settings.extraBody !== undefined && Object.hasOwn(settings.extraBody, name)) {
      throw invalid(`\`extraBody.${name}\` of ${model} is refused: ${name} is ours to send. Leave it out.`)
    }
  }
}

function checkTypes(settings: ChatSettings): void {
  for (const name of ['stream', 'streamUsage', 'strictTools'] as const) {
    if (settings[name] !== undefined && typeof settings[name] !== 'boolean') throw invalid(`\`${name}\` must be true or false.`)
  }
  for (const name of ['apiKey', 'apiKeyEnv'] as const) {
    if (settings[name] !== undefined && typeof settings[name] !== 'string') throw invalid(`\`${name}\` must be a string.`)
  }
  for (const [name, value] of Object.entries(settings.headers ?? {})) {
    if (typeof value !== 'string') throw invalid(`\`headers.${name}\` must be a string.`)
  }
  if (settings.dispatcher !== undefined && typeof settings.dispatcher?.dispatch !== 'function') {
    throw invalid('`dispatcher` must be an undici dispatcher, such as an Agent or a ProxyAgent.')
  }
}

/** The clocks of a model: settings over profile over defaults. */
export function clocksOf({ timeouts }: ChatSettings, profile: ModelProfile): Clocks {
  checkNumbers('timeouts', timeouts, defaultClocks)
  return { ...defaultClocks, ...profile.clocks, ...defined(timeouts) }
}

/** The limits of a model: settings over profile over defaults. */
export function limitsOf({ limits }: ChatSettings, profile: ModelProfile): ByteLimits {
  checkNumbers('limits', limits, defaultLimits)
  return { ...defaultLimits, ...profile.limits, ...defined(limits) }
}

function checkNumbers(setting: string, given: object | undefined, known: object): void {
  for (const [name, value] of Object.entries(given ?? {})) {
    if (!Object.hasOwn(known, name)) throw invalid(`\`${setting}.${name}\` is not known. There are ${Object.keys(known).join(', ')}.`)
    if (value !== undefined && !(typeof value === 'number' && value > 0)) throw invalid(`\`${setting}.${name}\` must be a number above 0, or Infinity.`)
  }
}

function defined<Given extends object>(given: Given | undefined): Partial<Given> {
  const entries = Object.entries(given ?? {}).filter(([, value]) => value !== undefined)
  // The entries are those of `Given`, fewer.
  return Object.fromEntries(entries) as Partial<Given>
}

function invalid(message: string): AgentError {
  return new AgentError(message, { code: 'invalid-options' })
}
