export type { RequestParameters } from '@capstan/core'
export { deepseek, evolink, type MoonshotModelSettings, moonshot, type OpenaiCompatibleSettings, openaiCompatible } from './models.ts'
export { type DeepseekModelId, deepseekProfiles } from './profiles/deepseek.ts'
export { type Endpoint, endpoints } from './profiles/endpoints.ts'
export { evolinkProfiles } from './profiles/evolink.ts'
export type { EvolinkModelId, EvolinkModels, EvolinkSettings } from './profiles/evolink-models.ts'
export { type MoonshotModelId, type MoonshotModels, moonshotProfiles } from './profiles/moonshot.ts'
export { type ParameterName, type ParameterRule, type ParameterRules, parameterNames, parameterRule } from './profiles/parameters.ts'
export { defaultClocks, defaultLimits, plainProfile } from './profiles/plain.ts'
export type {
  ByteLimits,
  Clocks,
  FinishMeaning,
  ModelProfile,
  PassBack,
  ReasoningRule,
  SchemaFlavour,
  ToolChoiceRule,
  ToolsRule,
} from './profiles/profile.ts'
export { type ProfileName, profiles } from './profiles/self-hosted.ts'
export type { Source } from './profiles/source.ts'
export { type RawResponse, sendRaw } from './raw-chat.ts'
export type {
  ChatSettings,
  ConnectionSettings,
  DeepseekChatSettings,
  DeepseekReasonerSettings,
  DeepseekSettings,
  EvolinkKimiThreeSettings,
  KimiSettings,
  MoonshotEffortSettings,
  MoonshotSettings,
  MoonshotSwitchSettings,
  RegionSettings,
  Timeouts,
  ToolProtocol,
  ToolSettings,
} from './settings.ts'
