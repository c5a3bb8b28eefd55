import type { Model } from '@capstan/core'
import { createChatModel } from './chat-model.ts'
import type { DeepseekModelId } from './profiles/deepseek.ts'
import { endpoints } from './profiles/endpoints.ts'
import { plainProfile } from './profiles/plain.ts'
import type { ChatSettings, DeepseekSettings } from './settings.ts'

/**
 * A model on DeepSeek's own endpoint. Thinking is on unless `thinking: 'disabled'`.
 *
 * @param id - A model with a profile, or any other name: that one gets the plain profile, unchecked.
 * @param settings - Key from `DEEPSEEK_API_KEY`, base URL `https://api.deepseek.com` where not set; with `strictTools` its `/beta`.
 * @throws {AgentError} `invalid-options` for a setting that the model refuses, naming parameter, model, rule and way out.
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
