export { AgentServer, agentServer, type Closed, type CloseOptions, type Handler } from './agent-server.ts'
export type { Connection } from './http/guard.ts'
export { Refusal, type RefusalDetails } from './http/refusal.ts'
export { type Budget, MemoryLedger, type Spending, type SpendingLedger } from './limits/budget.ts'
export type { Rate } from './limits/rate.ts'
export type { Listening, ListenOptions } from './listening.ts'
export type { AgentServerOptions, DecisionRequest, ResolvedOptions, ServedAgent } from './options.ts'
export type { Principal } from './principal.ts'
export type {
  ErrorBody,
  ListedServerRun,
  OpenQuestion,
  ServerAnswer,
  ServerEvent,
  ServerMessagePart,
  ServerQuestion,
  ServerRun,
  ServerSession,
  StartRequest,
} from './protocol.ts'
export type { FollowOptions } from './runs/follow-run.ts'
export type { Frame } from './runs/frame-log.ts'
export type { RunsPage, RunsQuery } from './runs/run-infos.ts'
export type { StartedRun } from './runs/same-request.ts'
export type { ServerRuns } from './runs/server-runs.ts'
export { type ShowEvent, type ShowOptions, showEvent } from './runs/shown-event.ts'
export type { ListedServerSession } from './sessions.ts'
export type { Streams } from './streams.ts'
