import type { Lab } from './lab.ts'

/** The stock tools, by the functions that make them. */
export const stockTools = ['calculator', 'dates', 'files', 'fileChanges', 'http', 'shell', 'todo'] as const

export type StockTool = (typeof stockTools)[number]

/** An attack. */
export interface AttackCase {
  readonly attack: string
  /** Left out of a quick run. */
  readonly isLong?: boolean
  /** For each tool that can be attacked so: makes the attack, checks that it has no effect, and returns what the tool did, in a few words. */
  readonly tools: Readonly<Partial<Record<StockTool, (lab: Lab) => Promise<string>>>>
}
