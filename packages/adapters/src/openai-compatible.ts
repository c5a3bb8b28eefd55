import type { Model } from '@capstan/core'
import { createChatModel } from './chat-model.ts'
import { plainProfile } from './profiles/plain.ts'
import type { ModelProfile } from './profiles/profile.ts'
import type { ChatSettings } from './settings.ts'

/** Settings of any server that speaks chat completions. Without `apiKey` and `apiKeyEnv` no key is sent. */
export interface OpenaiCompatibleSettings extends ChatSettings {
  readonly baseURL: string
  /** The name that is sent. */
  readonly model: string
  /** What differs from plain chat completions. Default: nothing; parameters pass unchecked. */
  readonly profile?: ModelProfile
}

/**
 * A model of any server that speaks chat completions.
 *
 * @throws {AgentError} `invalid-options` for settings that the profile refuses.
 */
export function openaiCompatible({ model, profile = plainProfile, ...settings }: OpenaiCompatibleSettings): Model {
  const place = URL.canParse(settings.baseURL) ? new URL(settings.baseURL).host : profile.endpoint
  return createChatModel({ id: `${place}/${model}`, model, profile, settings })
}
