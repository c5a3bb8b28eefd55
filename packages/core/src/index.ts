export { Agent } from './agent/agent.ts'
export type { AgentOptions, ContextOption, JournalResumeOptions, ResumeOptions, RunOptions, StreamOptions } from './agent/agent-options.ts'
export { maxTools } from './agent/tool-set.ts'
export { type Approval, answer, approve, deny, type OutcomeAnswer } from './contract/answers.ts'
export { type AgentErrorCode, errorCodes } from './contract/error-codes.ts'
export {
  AgentError,
  type AgentErrorOptions,
  copyError,
  type ErrorChanges,
  type ErrorData,
  type ErrorPhase,
  FatalToolError,
  fatal,
  ToolError,
} from './contract/errors.ts'
export type { AttemptReason, RunEvent, RunEventBody, RunEventOf, RunEventType, ToolEndEvent } from './contract/events.ts'
export { assertNever, isJsonObject, type Json, type JsonObject } from './contract/json.ts'
export { defaultLimits, type Limits, type ResolvedLimits } from './contract/limits.ts'
export {
  type AssistantMessage,
  type AssistantPart,
  assistant,
  type ImagePart,
  type Message,
  type ReasoningPart,
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
  Completion,
  FinishReason,
  Model,
  ModelCallOptions,
  ModelEvent,
  ModelReply,
  ModelRequest,
  ModelTraits,
  ResponseInfo,
  ToolChoice,
  ToolDefinition,
  Warning,
} from './contract/model.ts'
export type { Answer, Operation, OperationContext, Operations, Outcome, Question } from './contract/operations.ts'
export { checkNames, type KnownNames, nearestName } from './contract/options.ts'
export type { OutputCheck, OutputMode, OutputSpec } from './contract/output.ts'
export type { PendingQuestion, RunResult, RunState, RunStatus, RunStep, StopReason } from './contract/result.ts'
export type { Tool, ToolCallContext, ToolEffect, ToolOutput, ToolValidation } from './contract/tool.ts'
export { addUsage, type Cost, costOf, type Prices, type RunUsage, type Usage } from './contract/usage.ts'
export { type Answers, decide, decideOn, openQuestions } from './durability/decisions.ts'
export type { Definition } from './durability/definition.ts'
export type { Engine, EngineStep } from './durability/hosts/engine.ts'
export type { Decision, Journal, ListedRun, OpenRun, RunHead, SavedRun } from './durability/journal.ts'
export { type FinishedEvent, finishedEvents, liveFilter } from './durability/read-run.ts'
export { isRecord, type RunRecord } from './durability/records.ts'
export type { PrepareStep, StepPlan, StepView, StopWhen } from './loop/loop-run.ts'
export { createLimiter, type Limiter, type LimiterOptions, type Permit } from './retry/limiter.ts'
export { maxAttempts, maxRetryAfterMs, retryDelayMs, sleep, withRetries } from './retry/policy.ts'
export type { Listener } from './run/event-channel.ts'
export { Run } from './run/run.ts'
export { errorId } from './support/describe.ts'
export { checkMessages, findProblem } from './transcripts/check.ts'
export { type Repair, repairMessages } from './transcripts/repair.ts'
