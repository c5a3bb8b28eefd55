export { evolink } from './evolink.ts'
export { type OpenaiCompatibleSettings, openaiCompatible } from './openai-compatible.ts'
export { evolinkProfiles } from './profiles/evolink.ts'
export type { EvolinkModelId, EvolinkModels, EvolinkSettings } from './profiles/evolink-models.ts'
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
  Source,
  ToolChoiceRule,
  ToolsRule,
} from './profiles/profile.ts'
export type {
  BaseParameters,
  CandidateParameters,
  ChatParameters,
  ChatSettings,
  ConnectionSettings,
  DeepseekChatSettings,
  DeepseekReasonerSettings,
  FormatParameters,
  KimiSettings,
  Limits,
  LogprobParameters,
  SamplingParameters,
  ThinkingParameters,
  Timeouts,
  ToolOverride,
} from './settings.ts'
