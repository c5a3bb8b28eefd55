import type { ChatSettings, DeepseekChatSettings, DeepseekReasonerSettings, EvolinkKimiThreeSettings, KimiSettings } from '../settings.ts'

/** Settings by model. */
export interface EvolinkModels {
  'kimi-k2-thinking': KimiSettings
  'kimi-k2-thinking-turbo': KimiSettings
  'kimi-k3': EvolinkKimiThreeSettings
  'deepseek-chat': DeepseekChatSettings
  'deepseek-reasoner': DeepseekReasonerSettings
}

/** The models that have a profile. */
export type EvolinkModelId = keyof EvolinkModels

/** What may be set for a model; everything for a model without a profile. */
export type EvolinkSettings<Id extends string> = Id extends EvolinkModelId ? EvolinkModels[Id] : ChatSettings
