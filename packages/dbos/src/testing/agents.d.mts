import type { Agent, ToolEffect } from '@capstan/core'

export function scriptedAgent(setting: ScriptedSetting): Agent
export function happened(outside: string): readonly string[]

export interface ScriptedSetting {
  readonly outside: string
  /** Names of the tools that each step asks for. */
  readonly steps: readonly (readonly string[])[]
  readonly effect?: ToolEffect
  readonly needsApproval?: boolean
  /** Runs in each call, after it had its effect. */
  readonly at?: (tool: string, signal: AbortSignal) => void | Promise<void>
  /** What a request throws. */
  readonly fails?: () => Error | undefined
  readonly toolCallConcurrency?: number
}
