import type { Model } from '@capstan/core'
import { invalidOptions } from '@capstan/core/internal'
import { createChatModel } from './chat-model.ts'
import { checkProfile } from './check-profile.ts'
import type { DeepseekModelId } from './profiles/deepseek.ts'
import { endpoints } from './profiles/endpoints.ts'
import type { EvolinkModelId, EvolinkSettings } from './profiles/evolink-models.ts'
import { type MoonshotModelId, type MoonshotModels, moonshotOther, moonshotURLs } from './profiles/moonshot.ts'
import { plainProfile } from './profiles/plain.ts'
import type { ModelProfile } from './profiles/profile.ts'
import type { ChatSettings, DeepseekSettings, RegionSettings } from './settings.ts'

/**
 * A model on Evolink. A setting that the model refuses does not compile.
 *
 * @param id - A model with a profile, or any other name: that one gets the plain profile, unchecked.
 * @param settings - Key from `EVOLINK_API_KEY` and base URL `https://api.evolink.ai/v1` where not set; `https://direct.evolink.ai/v1` is the documented alternative.
 * @throws {AgentError} `invalid-options` for a setting that the model refuses, naming parameter, model, rule and what to do instead.
 * @see https://docs.evolink.ai
 */
export function evolink<Id extends EvolinkModelId | (string & {})>(id: Id, settings?: EvolinkSettings<Id>): Model {
  const given: ChatSettings = settings ?? {}
  return createChatModel({
    id: `evolink/${id}`,
    model: id,
    profile: evolinkProfile(id),
    settings: { ...given, apiKeyEnv: given.apiKeyEnv ?? endpoints.evolink.apiKeyEnv, baseURL: given.baseURL ?? endpoints.evolink.baseURL },
  })
}

function evolinkProfile(id: string): ModelProfile {
  return endpoints.evolink.profiles.find(({ models }) => models.includes(id)) ?? { ...plainProfile, endpoint: 'evolink' }
}

/**
 * A model on DeepSeek's own endpoint. Thinking is on unless `thinking: 'disabled'`.
 *
 * @param id - A model with a profile, or any other name: that one gets the plain profile, unchecked.
 * @param settings - Key from `DEEPSEEK_API_KEY`, base URL `https://api.deepseek.com` where not set; with `strictTools` its `/beta`.
 * @throws {AgentError} `invalid-options` for a setting that the model refuses, naming parameter, model, rule and what to do instead.
 * @see https://api-docs.deepseek.com
 */
export function deepseek<Id extends DeepseekModelId | (string & {})>(id: Id, settings?: Id extends DeepseekModelId ? DeepseekSettings : ChatSettings): Model {
  const given: ChatSettings = settings ?? {}
  const profile = endpoints.deepseek.profiles.find(({ models }) => models.includes(id)) ?? { ...plainProfile, endpoint: 'deepseek' }
  const documentedURL = given.strictTools === true ? profile.strictTools?.baseURL : undefined
  return createChatModel({
    id: `deepseek/${id}`,
    model: id,
    profile,
    settings: { ...given, apiKeyEnv: given.apiKeyEnv ?? endpoints.deepseek.apiKeyEnv, baseURL: given.baseURL ?? documentedURL ?? endpoints.deepseek.baseURL },
  })
}

/** What may be set for a model; everything for a model without a profile. */
export type MoonshotModelSettings<Id extends string> = Id extends MoonshotModelId ? MoonshotModels[Id] : ChatSettings & RegionSettings

/**
 * A model on Moonshot's own endpoint.
 *
 * @param id - A model with a profile, or any other name: that one gets what holds for all models of the endpoint.
 * @param settings - Key from `MOONSHOT_API_KEY`; base URL by `region` where not set. The two regions have separate accounts and keys.
 * @throws {AgentError} `invalid-options` for a setting that the model refuses, naming parameter, model, rule and what to do instead.
 * @see https://platform.moonshot.ai/docs
 */
export function moonshot<Id extends MoonshotModelId | (string & {})>(id: Id, settings?: MoonshotModelSettings<Id>): Model {
  const { region = 'intl', ...given }: ChatSettings & RegionSettings = settings ?? {}
  if (!Object.hasOwn(moonshotURLs, region)) throw invalidOptions("`region` must be 'intl' or 'cn'.")
  return createChatModel({
    id: `moonshot/${id}`,
    model: id,
    profile: moonshotProfile(id),
    settings: { ...given, apiKeyEnv: given.apiKeyEnv ?? endpoints.moonshot.apiKeyEnv, baseURL: given.baseURL ?? moonshotURLs[region] },
  })
}

function moonshotProfile(id: string): ModelProfile {
  const known = endpoints.moonshot.profiles.find(({ models }) => models.includes(id))
  return known ?? { ...moonshotOther, models: [], parameters: plainProfile.parameters }
}

/** Settings of any server that speaks chat completions. Without `apiKey` and `apiKeyEnv` no key is sent. */
export interface OpenaiCompatibleSettings extends ChatSettings {
  readonly baseURL: string
  /** The name that is sent. */
  readonly model: string
  /** What differs from plain chat completions. Default: nothing; only the types of parameters are checked. */
  readonly profile?: ModelProfile
}

/**
 * A model of any server that speaks chat completions.
 *
 * @throws {AgentError} `invalid-options` for settings that the profile refuses.
 */
export function openaiCompatible({ model, profile = plainProfile, ...settings }: OpenaiCompatibleSettings): Model {
  checkProfile(profile)
  const endpoint = URL.canParse(settings.baseURL) ? new URL(settings.baseURL).host : profile.endpoint
  return createChatModel({ id: `${endpoint}/${model}`, model, profile, settings })
}
