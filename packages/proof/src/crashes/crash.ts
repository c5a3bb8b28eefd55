import { type Answers, approve, type OutcomeAnswer, type PendingQuestion, type RunResult, type ToolEffect } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import type { TeamDeath } from './points.ts'

/** How one process of a run dies. A process without either lives until the run ends or pauses. */
export interface Death {
  /** Name of a point in points.ts. */
  readonly point?: string | undefined
  /** Milliseconds after its modules were loaded. */
  readonly killAfterMs?: number
  readonly team?: TeamDeath
  readonly overflow?: TeamDeath
}

/** One run with the deaths of its processes, in turn. */
export interface Crash {
  readonly effect: ToolEffect
  readonly plan?: readonly Death[]
  /** True for a run with agents behind tools in the place of that of one agent. */
  readonly team?: boolean
  /** True for a run whose requests exceed the context window. */
  readonly overflow?: boolean
  /** True to slow each position down, so that a kill at a random moment hits something. */
  readonly slow?: boolean
  /** True to give each process that continues the run other prices, limits and options. */
  readonly changes?: boolean
  /** True for an agent with a catalogue, whose tool `work` vanishes once a request was sent. */
  readonly vanishes?: boolean
  /** True for an agent that reads untrusted content and pays; once a request was sent its tools declare nothing, and its guard is off. */
  readonly tainted?: boolean
}

export type EndedRun = Pick<RunResult, 'text' | 'messages' | 'toolCalls'>

/** The outcome of a run whose processes died. */
export interface RunReport {
  /** Processes that died. */
  readonly kills: number
  /** Calls whose outcome a person was asked about. */
  readonly unknown: number
  readonly result: EndedRun
  /** Lines of the witness file. */
  readonly outside: readonly string[]
  /** Ids of the recorded operations, one for each time that one was recorded, or began after that. */
  readonly records: readonly string[]
}

export type RunToEnd = (crash: Crash) => Promise<RunReport>

/** The answers of a person who approves, and who looks at the witness file before saying what became of a call. */
export function answersTo(pending: readonly PendingQuestion[], outside: readonly string[]): Answers {
  return Object.fromEntries(pending.map((question) => [question.id, isApproval(question) ? approve() : outcomeOf(toolOf(question), outside)]))
}

export function isApproval({ about }: PendingQuestion): boolean {
  return isJsonObject(about) && about['type'] === 'approval'
}

function toolOf({ about }: PendingQuestion): string {
  return isJsonObject(about) ? String(about['toolName']) : ''
}

function outcomeOf(toolName: string, outside: readonly string[]): OutcomeAnswer {
  return outside.some((line) => line.startsWith(`effect ${toolName} `)) ? { output: `${toolName} is done` } : { repeat: true }
}
