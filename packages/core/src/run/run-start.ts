import { MemoryArtifacts } from '../artifacts/memory-artifacts.ts'
import type { ArtifactStore } from '../contract/artifacts.ts'
import type { ResolvedAttempts } from '../contract/attempts.ts'
import type { CatalogueMode } from '../contract/catalogue.ts'
import type { OnEvent } from '../contract/events.ts'
import type { Json } from '../contract/json.ts'
import type { Message } from '../contract/messages.ts'
import type { RunState, RunVersion } from '../contract/result.ts'
import type { Tracer } from '../contract/tracer.ts'
import type { Definition } from '../durability/definition.ts'
import type { Engine } from '../durability/hosts/engine.ts'
import type { Journal, OpenRun } from '../durability/journal.ts'
import type { RunRecord } from '../durability/records.ts'
import type { ConfigValues, LoopAgent } from '../loop/loop-agent.ts'
import type { EnteredSession, SessionUse } from './session-run.ts'

/** What a run starts with, checked by the agent. */
export interface RunStart {
  readonly agent: LoopAgent
  /** What the configuration of the run is if it starts now. */
  readonly planned: ConfigValues
  /** @param catalogue - How the tools of the run are offered. Default: as in a run that starts now. */
  readonly definition: (format: RunVersion, catalogue?: CatalogueMode) => Definition
  /** The definition that the records were made with. */
  readonly recordedDefinition: Definition | undefined
  /** Opens the run in a journal, which then has records and input. */
  readonly open: ((runId: string, session?: EnteredSession) => Promise<OpenRun>) | undefined
  /** The journal that `open` opens the run in. */
  readonly journal: Pick<Journal, 'decide' | 'artifacts'> | undefined
  /** Where the caller wants complete results to be kept, instead of where the host keeps them. */
  readonly artifacts: ArtifactStore | undefined
  /** Signs a state; `undefined` where states are not signed. */
  readonly sign: ((state: RunState) => string) | undefined
  /** True when the records may have been changed by others. */
  readonly recheckGates: boolean
  /** Records the run instead of this process. */
  readonly engine: Engine | undefined
  /** The session that the run reads and adds to. */
  readonly session: SessionUse | undefined
  /** True for a run that is continued by its state or from a journal. */
  readonly isResumed: boolean
  /** Where the state that the run is continued from says that its session is. */
  readonly recordedSession: RunState['session']
  readonly input: readonly Message[]
  readonly runId: string | undefined
  /** The version of the state that the run is continued from. */
  readonly version: RunVersion | undefined
  readonly records: readonly RunRecord[]
  readonly answers: ReadonlyMap<string, Json> | undefined
  readonly context: unknown
  readonly signal: AbortSignal | undefined
  readonly restartAfterText: boolean
  readonly attempts: ResolvedAttempts
  /** What records the run. */
  readonly tracers: readonly Tracer[]
  /** `onEvent` of the agent and of the call. */
  readonly observers: readonly OnEvent[]
}

/** Where a run keeps complete results. On an engine another process may continue the run at any time, and would not find what this one has in memory. */
export function artifactsOf({ artifacts, journal, engine }: RunStart): ArtifactStore | undefined {
  return artifacts ?? journal?.artifacts ?? (engine === undefined ? new MemoryArtifacts() : undefined)
}
