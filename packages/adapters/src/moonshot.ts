import { AgentError, type Model } from '@capstan/core'
import { createChatModel } from './chat-model.ts'
import { endpoints } from './profiles/endpoints.ts'
import { type MoonshotModelId, type MoonshotModels, moonshotOther, moonshotURLs } from './profiles/moonshot.ts'
import { plainProfile } from './profiles/plain.ts'
import type { ModelProfile } from './profiles/profile.ts'
import type { ChatSettings, RegionSettings } from './settings.ts'

/** What may be set for a model; everything for a model without a profile. */
export type MoonshotModelSettings<Id extends string> = Id extends MoonshotModelId ? MoonshotModels[Id] : ChatSettings & RegionSettings

/**
 * A model on Moonshot's own endpoint.
 *
 * @param id - A model with a profile, or any other name: that one gets what holds for all models of the endpoint.
 * @param settings - Key from `MOONSHOT_API_KEY`; base URL by `region` where not set. The two regions have separate accounts and keys.
 * @throws {AgentError} `invalid-options` for a setting that the model refuses, naming parameter, model, rule and way out.
 * @see https://platform.moonshot.ai/docs
 */
export function moonshot<Id extends MoonshotModelId | (string & {})>(id: Id, settings?: MoonshotModelSettings<Id>): Model {
  const { region = 'intl', ...given }: ChatSettings & RegionSettings = settings ?? {}
  if (!Object.hasOwn(moonshotURLs, region)) throw new AgentError("`region` must be 'intl' or 'cn'.", { code: 'invalid-options' })
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
