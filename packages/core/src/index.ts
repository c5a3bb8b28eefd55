export { Agent } from './agent/agent.ts'
export type { AgentOptions, ContextOption, JournalResumeOptions, ResumeOptions, RunOptions, StreamOptions } from './agent/agent-options.ts'
export type { StateKey } from './agent/read-state.ts'
export type { ToolSet } from './agent/tool-set.ts'
export { type IdentifiedResult, resultsIn } from './artifacts/result-ids.ts'
export { type Approval, answer, approve, deny, type OutcomeAnswer } from './contract/answers.ts'
export type { ArtifactStore } from './contract/artifacts.ts'
export type { AttemptOptions } from './contract/attempts.ts'
export type { CacheBreak, CacheBreakCause, CacheReport } from './contract/cache.ts'
export type { CatalogueOption, RankOptions, RankTools, ToolSource } from './contract/catalogue.ts'
export type { DispatchController, Dispatcher, DispatchHandler, DispatchHeaders, DispatchOptions } from './contract/dispatch.ts'
export { type AgentErrorCode, errorCodes } from './contract/error-codes.ts'
export {
  AgentError,
  type AgentErrorOptions,
  type ContextOverflow,
  type ErrorData,
  type ErrorPhase,
  fatal,
  ToolError,
} from './contract/errors.ts'
export type { AttemptReason, OnEvent, RunEvent, RunEventBody, RunEventOf, RunEventType, ToolEndEvent } from './contract/events.ts'
export type { ExchangeObserver, ObservedRequest, RequestOrigin, ResponseObserver } from './contract/exchange-observer.ts'
export type {
  AllowedTarget,
  AskedFlow,
  FieldOrigin,
  Flow,
  FlowSource,
  FlowTarget,
  Guard,
  GuardDecision,
  GuardFunction,
  Label,
  Target,
} from './contract/flow.ts'
export type { ClearEdit, Compaction, CompactOptions, EditSizes, HistoryEdit, HistoryOptions, SummaryEdit, SummaryOptions } from './contract/history.ts'
export type { PrepareStep, StepPlan, StepView, StopWhen } from './contract/hooks.ts'
export type { Json, JsonForm, JsonObject } from './contract/json.ts'
export { defaultLimits, type Limits, type ResolvedLimits } from './contract/limits.ts'
export {
  type AssistantMessage,
  type AssistantPart,
  assistant,
  type CompleteResult,
  type HistorySummary,
  type ImagePart,
  type KeptResult,
  type LedgerCall,
  type LedgerCount,
  type Message,
  type ReasoningPart,
  type ResultKey,
  reasoningOf,
  type SystemMessage,
  system,
  type TextPart,
  type ToolCallPart,
  type ToolMessage,
  type ToolResultPart,
  type ToolStatus,
  textOf,
  toolCallsOf,
  type UserMessage,
  type UserPart,
  user,
} from './contract/messages.ts'
export type {
  Candidate,
  CompleteOptions,
  Completion,
  FinishReason,
  Limiter,
  Model,
  ModelCallOptions,
  ModelEvent,
  ModelReply,
  ModelRequest,
  ModelTraits,
  Permit,
  ResponseInfo,
  ToolChoice,
  ToolDefinition,
  ToolNameRule,
  Warning,
} from './contract/model.ts'
export type { OutputCheck, OutputMode, OutputSpec, PartialOutput, SchemaReader } from './contract/output.ts'
export type { RequestParameters, RunSettings } from './contract/request-parameters.ts'
export type {
  ChildResult,
  PendingQuestion,
  RunResult,
  RunState,
  RunStatus,
  RunStep,
  RunVersion,
  SessionPosition,
  StopReason,
  ToolFailure,
} from './contract/result.ts'
export type { StandardIssue, StandardResult, StandardSchema } from './contract/standard-schema.ts'
export type { Tool, ToolCallContext, ToolCheck, ToolChild, ToolEffect, ToolOutput } from './contract/tool.ts'
export type { TracedAnswer, Tracer } from './contract/tracer.ts'
export type { Cost, CostBounds, ExactCost, Prices, RunUsage, Usage } from './contract/usage.ts'
export { type Answers, decide, decideOn, openQuestions } from './durability/decisions.ts'
export type { Engine, EngineStep } from './durability/hosts/engine.ts'
export type { Decision, Journal, OpenRun, RunHead, SavedRun } from './durability/journal.ts'
export { callKeyOf, parseWireId, wireIdOf } from './durability/operation-ids.ts'
export { type FinishedEvent, finishedEvents, liveFilter } from './durability/read-run.ts'
export type { RunRecord } from './durability/records.ts'
export type { ListedRun, ListedStatus, RunListOptions, RunPage } from './durability/run-list.ts'
export { createLimiter, type LimiterOptions } from './retry/limiter.ts'
export { Run } from './run/run.ts'
export type { Listener } from './run/run-events.ts'
export type { StopOptions } from './run/stop-options.ts'
export { Session } from './sessions/session.ts'
export type { ListedSession, QueuedInput, SessionEntry, SessionListOptions, SessionStore, StoredEntry } from './sessions/session-store.ts'
export type { AppendOptions } from './sessions/session-writer.ts'
export { checkMessages, findProblem } from './transcripts/check.ts'
export { repairMessages, type TranscriptRepair } from './transcripts/repair.ts'
export { userMessagesOf } from './transcripts/user-messages.ts'
