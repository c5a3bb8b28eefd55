import type { Model } from '@capstan/core'
import { createChatModel } from './chat-model.ts'
import { endpoints } from './profiles/endpoints.ts'
import type { EvolinkModelId, EvolinkSettings } from './profiles/evolink-models.ts'
import { plainProfile } from './profiles/plain.ts'
import type { ModelProfile } from './profiles/profile.ts'
import type { ChatSettings } from './settings.ts'

/**
 * A model on Evolink. A setting that the model refuses does not compile.
 *
 * @param id - A model with a profile, or any other name: that one gets the plain profile, unchecked.
 * @param settings - Key from `EVOLINK_API_KEY` and base URL `https://api.evolink.ai/v1` where not set; `https://direct.evolink.ai/v1` is the documented alternative.
 * @throws {AgentError} `invalid-options` for a setting that the model refuses, naming parameter, model, rule and way out.
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
