import { appendFileSync, readFileSync } from 'node:fs'
import { Agent, type AgentOptions, type RunSettings, type Tool } from '@capstan/core'
import { type Reply, replyingModel } from './replying-model.ts'
import { noteTool } from './shop.ts'

/** What happened outside of any journal, in order: lines in a file, which processes that die leave behind. */
export class Witness {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  add(line: string): void {
    appendFileSync(this.path, `${line}\n`)
  }

  /** All lines; none before the first one is written. */
  read(): readonly string[] {
    return readFileSync(this.path, { encoding: 'utf8', flag: 'a+' }).split('\n').filter(Boolean)
  }
}

/** A tool whose effects are counted. */
export interface WitnessedTool extends Partial<Pick<Tool, 'effect' | 'needsApproval' | 'expiresInMs' | 'maxResultBytes' | 'returns' | 'reaches'>> {
  /** Length of what is added to the output of this tool, in characters. Default: that of all tools. */
  readonly bulk?: number
}

export interface WitnessedSetting {
  /** Path of the file that requests and effects are written to. */
  readonly witness: string
  readonly replies: readonly Reply[]
  readonly tools: Readonly<Record<string, WitnessedTool>>
  /** Further tools, which other agents answer. */
  readonly agents?: readonly Tool[]
  /**
   * Called at each position of a run: `model 1` before the first request, `tool pay` before the effect of the tool `pay`, `after pay` after it.
   * It may wait, throw, or end the process.
   */
  readonly at?: (position: string, signal?: AbortSignal) => void | Promise<void>
  /** Length of what is added to the output of each tool, in characters. */
  readonly bulk?: number
  /** Of a million tokens, in micro-units. Default: 1,000,000. */
  readonly price?: number
  readonly options?: Partial<Omit<AgentOptions, 'model' | 'tools'>>
}

/**
 * Makes an agent whose requests and effects can be counted from another process. A request is the line `model <step>`, followed by
 * the settings of the run where there are some, an effect the line
 * `effect <tool> <idempotency key>`, followed by the context of the run where there is one.
 */
export function witnessedAgent({ witness, replies, tools, agents = [], at, bulk = 0, price, options }: WitnessedSetting): Agent {
  const outside = new Witness(witness)
  const onRequest = async (step: number, settings?: RunSettings): Promise<void> => {
    await at?.(`model ${step}`)
    outside.add(settings === undefined ? `model ${step}` : `model ${step} ${JSON.stringify(settings)}`)
  }
  const toolOf = (name: string, { bulk: added = bulk, ...settings }: WitnessedTool): Tool =>
    noteTool(name, {
      ...settings,
      execute: async (_input, { idempotencyKey, signal, context }) => {
        await at?.(`tool ${name}`, signal)
        outside.add(['effect', name, idempotencyKey, ...(context === undefined ? [] : [context])].join(' '))
        await at?.(`after ${name}`, signal)
        return `${name} is done${'.'.repeat(added)}`
      },
    })
  const model = replyingModel(replies, { id: 'test/witnessed', onRequest, ...(price !== undefined && { price }) })
  return new Agent({ name: 'witnessed', model, tools: [...Object.entries(tools).map(([name, settings]) => toolOf(name, settings)), ...agents], ...options })
}
