import type { ExchangeObserver, Model, ModelEvent, ModelTraits, Prices, ToolChoice, Warning } from '@capstan/core'
import { checkSettings, clocksOf, limitsOf, settingsOfRun } from './check-settings.ts'
import { prepareConnection } from './connection.ts'
import { loadPart } from './load-part.ts'
import type { CacheRule, ModelProfile } from './profiles/profile.ts'
import type { Call, Chat } from './send.ts'
import type { ChatSettings } from './settings.ts'
import { choicesOf, encodeParameters, isThinking, parameterWarnings } from './wire/encode-parameters.ts'

/** What `createChatModel` needs. */
export interface ChatModelOptions {
  /** Endpoint and model, for messages. */
  readonly id: string
  /** The name that is sent. */
  readonly model: string
  readonly profile: ModelProfile
  readonly settings: ChatSettings & { readonly baseURL: string }
  readonly observers?: readonly ExchangeObserver[]
}

/**
 * Joins profile, wire and transport into a model. Settings and key stay in its closure.
 *
 * @throws {AgentError} `invalid-options` for settings that the model refuses, before any request.
 */
export function createChatModel(options: ChatModelOptions): Model {
  const { id, settings, model } = options
  checkSettings(settings, model)
  const profile = { ...options.profile, finishWords: { ...options.profile.finishWords, ...settings.finishWords } }
  const parameters = encodeParameters(settings, profile, model)
  const clocks = clocksOf(settings, profile)
  const chat: Chat = {
    id,
    profile,
    settings,
    connection: prepareConnection(settings),
    encoding: {
      model,
      profile,
      parameters,
      allowTools: settings.allowTools === true,
      hasTextForm: settings.toolProtocol === 'text',
      thinks: isThinking(settings, profile),
      extraBody: settings.extraBody,
    },
    serialising: undefined,
    sent: parameters.map(([name]) => name),
    clocks,
    wholeClocks: { ...clocks, headersMs: clocks.firstContentMs },
    limits: limitsOf(settings, profile),
    observers: options.observers ?? [],
  }
  const warnings = parameterWarnings(settings, profile, id)
  return {
    id,
    traits: traitsOf(options),
    ...(settings.limiter !== undefined && { limiter: settings.limiter }),
    stream: (request, { signal, origin }) => openStream({ chat, request, stream: settings.stream !== false, signal, origin }, warnings),
    schemaAsSent: async ({ name, inputSchema }) => {
      const { lowerSchema } = await loadPart(() => import('./schemas/lower-schema.ts'))
      return lowerSchema(inputSchema, { flavour: profile.schemas ?? 'free', name: `Tool "${name}"` })
    },
    complete: async (request, options = {}) => {
      const { complete } = await loadPart(() => import('./complete.ts'))
      return await complete({ chat, request, options }, warnings)
    },
    withSettings: (changes) => createChatModel({ ...options, settings: settingsOfRun(settings, changes, id) }),
    through: (dispatcher) => createChatModel({ ...options, settings: { ...settings, dispatcher } }),
    observed: (observer) => createChatModel({ ...options, observers: [...chat.observers, observer] }),
  }
}

/** undici, the parser and everything that serialises requests: they load with the first request, not with this package. */
let loaded: typeof import('./reply-stream.ts') | undefined

function openStream(call: Call, warnings: readonly Warning[]): AsyncIterable<readonly ModelEvent[]> {
  return loaded === undefined ? openFirstStream(call, warnings) : new loaded.ReplyStream(call, warnings)
}

async function* openFirstStream(call: Call, warnings: readonly Warning[]): AsyncGenerator<readonly ModelEvent[]> {
  loaded ??= await loadPart(() => import('./reply-stream.ts'))
  yield* new loaded.ReplyStream(call, warnings)
}

function traitsOf({ profile, settings }: ChatModelOptions): ModelTraits {
  const hasTextForm = settings.toolProtocol === 'text'
  const tools = hasTextForm || profile.tools.allowed || settings.allowTools === true
  const prices = settings.prices ?? pricesOf(profile, settings)
  const { context, cache, parameters } = profile
  const contextWindow = context?.tokens
  const unset = parameters.maxOutputTokens?.default ?? context?.maxOutputTokens
  const maxOutputTokens = settings.maxOutputTokens ?? (typeof unset === 'number' ? unset : undefined)
  const cacheLifetimeMs = ttlOf(profile, settings)?.lifetimeMs ?? cache?.lifetimeMs
  let scope: string | undefined
  return {
    tools,
    toolChoices: tools && !hasTextForm && profile.toolChoice.onlyWhenAsked !== true ? toolChoicesOf(profile, settings) : [],
    ...(profile.tools.names !== undefined && { toolNames: profile.tools.names }),
    outputModes: outputModesOf(profile),
    ...(settings.strictTools === true && profile.strictTools?.schemas === 'deepseek-strict' && { closedSchemas: true }),
    candidates: settings.n ?? 1,
    get retryScope() {
      scope ??= retryScopeOf(settings)
      return scope
    },
    ...(prices !== undefined && { prices }),
    ...(contextWindow !== undefined && { contextWindow }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(cacheLifetimeMs !== undefined && { cacheLifetimeMs }),
  }
}

type CacheTtl = NonNullable<CacheRule['ttls']>[string]

function ttlOf({ cache }: ModelProfile, { promptCacheTtl }: ChatSettings): CacheTtl | undefined {
  return promptCacheTtl && cache?.ttls?.[promptCacheTtl]
}

function pricesOf(profile: ModelProfile, settings: ChatSettings): Prices | undefined {
  const ttl = ttlOf(profile, settings)
  return profile.prices && { ...profile.prices, ...(ttl !== undefined && { cacheWrite: ttl.cacheWrite }) }
}

/** Models of one endpoint and one key share a retry budget. Only a few bytes of a hash are kept of a key and of a query, which may hold one. */
function retryScopeOf({ baseURL, apiKey, apiKeyEnv = '' }: ChatSettings & { readonly baseURL: string }): string {
  const { origin, pathname, search } = new URL(baseURL)
  const address = `${origin}${pathname}`
  if (apiKey === undefined && search === '') return `${address} ${apiKeyEnv}`
  // It takes several milliseconds to load, so it is loaded with the first run.
  const { createHash } = process.getBuiltinModule('node:crypto')
  const credential = createHash('sha256')
    .update(`${apiKey ?? apiKeyEnv}${search}`)
    .digest('hex')
    .slice(0, 12)
  return `${address} ${credential}`
}

function toolChoicesOf(profile: ModelProfile, settings: ChatSettings): readonly ToolChoice[] {
  return choicesOf(profile, isThinking(settings, profile))
}

/** Formats that the documentation of the model lists; none for a server without a profile. */
function outputModesOf({ models, jsonSchema, parameters: { responseFormat } }: ModelProfile): readonly ('native' | 'json')[] {
  const isListed = models.length > 0 && responseFormat !== undefined && responseFormat.kind !== 'refused'
  return [...(jsonSchema === true ? (['native'] as const) : []), ...(isListed ? (['json'] as const) : [])]
}
