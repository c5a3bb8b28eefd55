export { Agent } from './agent/agent.ts'
export type { AgentOptions, ContextOption, JournalResumeOptions, ResumeOptions, RunOptions, StreamOptions } from './agent/agent-options.ts'
export { maxTools } from './agent/tool-set.ts'
export { type Approval, answer, approve, deny, type OutcomeAnswer } from './answers.ts'
export { errorId } from './describe.ts'
export { type AgentErrorCode, errorCodes } from './error-codes.ts'
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
} from './errors.ts'
export type { AttemptReason, RunEvent, RunEventBody, RunEventOf, RunEventType, ToolEndEvent } from './events.ts'
export { type Answers, decide, decideOn, openQuestions } from './hosts/decide.ts'
export type { Definition } from './hosts/definition.ts'
export type { Engine, EngineStep } from './hosts/engine.ts'
export type { Decision, Journal, ListedRun, OpenRun, RunHead, SavedRun } from './hosts/journal.ts'
export { type FinishedEvent, finishedEvents, liveFilter } from './hosts/reading.ts'
export { isRecord, type RunRecord } from './hosts/records.ts'
export { assertNever, isJsonObject, type Json, type JsonObject } from './json.ts'
export { createLimiter, type Limiter, type LimiterOptions, type Permit } from './limiter.ts'
export { defaultLimits, type Limits, type ResolvedLimits } from './limits.ts'
export type { PrepareStep, StepPlan, StepView, StopWhen } from './loop/loop-run.ts'
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
} from './messages.ts'
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
} from './model.ts'
export type { Answer, Operation, OperationContext, Operations, Outcome, Question } from './operations.ts'
export type { OutputCheck, OutputMode, OutputSpec } from './output.ts'
export { type Repair, repairMessages } from './repair-messages.ts'
export type { PendingQuestion, RunResult, RunState, RunStatus, RunStep, StopReason } from './result.ts'
export { maxAttempts, maxRetryAfterMs, retryDelayMs, sleep, withRetries } from './retry.ts'
export type { Listener } from './run/event-channel.ts'
export { Run } from './run/run.ts'
export { checkMessages, findProblem } from './sendable.ts'
export type { Tool, ToolCallContext, ToolEffect, ToolOutput, ToolValidation } from './tool.ts'
export { addUsage, type Cost, costOf, type Prices, type RunUsage, type Usage } from './usage.ts'
