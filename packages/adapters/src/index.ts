export { deepseek, evolink, type MoonshotModelSettings, moonshot, type OpenaiCompatibleSettings, openaiCompatible } from './models.ts'
export { type DeepseekModelId, deepseekProfiles } from './profiles/deepseek.ts'
export { type Endpoint, endpoints } from './profiles/endpoints.ts'
export { evolinkProfiles } from './profiles/evolink.ts'
export type { EvolinkModelId, EvolinkModels, EvolinkSettings } from './profiles/evolink-models.ts'
export { type MoonshotModelId, type MoonshotModels, moonshotProfiles } from './profiles/moonshot.ts'
export { defaultClocks, defaultLimits, plainProfile } from './profiles/plain.ts'
export type {
  ByteLimits,
  Clocks,
  FinishMeaning,
  ModelProfile,
  ParameterName,
  ParameterRule,
  PassBack,
  ReasoningRule,
  SchemaFlavour,
  Source,
  ToolChoiceRule,
  ToolNameRule,
  ToolsRule,
} from './profiles/profile.ts'
export { type ProfileName, profiles } from './profiles/self-hosted.ts'
export { type RawResponse, sendRaw } from './raw-chat.ts'
export type {
  BaseParameters,
  CacheKeyParameters,
  CandidateParameters,
  ChatParameters,
  ChatSettings,
  ConnectionSettings,
  DeepseekChatSettings,
  DeepseekReasonerSettings,
  DeepseekSettings,
  EffortParameters,
  EvolinkKimiThreeSettings,
  FormatParameters,
  KeepParameters,
  KimiSettings,
  Limits,
  LogprobParameters,
  MoonshotEffortSettings,
  MoonshotSettings,
  MoonshotSwitchSettings,
  RegionSettings,
  SamplingParameters,
  StrictParameters,
  ThinkingParameters,
  Timeouts,
  ToolOverride,
  UserParameters,
} from './settings.ts'
