import { Agent, AgentError, type HistoryOptions, type RunResult, tool } from 'capstan'
import { startSimulator } from 'capstan/testing'
import { z } from 'zod'
import type { PricedModel } from './price-tables.ts'
import { ScriptedWork } from './scripted-work.ts'
import { headTokens, textOf, type WorkStep } from './workload.ts'

/** What one run cost, and what it did for it. */
export interface MeasuredRun {
  /** What the simulator billed, in dollars. */
  readonly dollars: number
  /** Steps of the task that were done. */
  readonly done: number
  /** Further steps for results that were cleared or replaced. */
  readonly rereads: number
  readonly clears: number
  readonly summaries: number
  /** Requests whose prefix the cache did not have. */
  readonly breaks: number
  readonly hitRatio: number
  /** Why the run ended. */
  readonly end: string
}

const currencyMicros = 1_000_000
/** The log of the simulator is not read. */
const maxLogBytes = 1024 * 1024

/**
 * Runs a task to its end, through the complete loop, over HTTP to the simulator, which bills by prefix.
 *
 * @throws {Error} If the run does not count the same cost as the simulator.
 */
export async function measureRun(priced: PricedModel, steps: readonly WorkStep[], history: HistoryOptions | false): Promise<MeasuredRun> {
  const work = new ScriptedWork(steps)
  const { traits } = priced.make('http://127.0.0.1')
  const { currency: _, ...prices } = traits.prices ?? { currency: '', input: 0, output: 0 }
  await using simulator = await startSimulator({
    endpoint: priced.endpoint,
    respond: (request) => work.respond(request),
    prices: { [priced.model]: prices },
    maxLogBytes,
    maxBodyBytes: Number.POSITIVE_INFINITY,
  })
  const agent = new Agent({
    model: priced.make(simulator.baseURL),
    instructions: textOf(headTokens, 0),
    tools: [workTool(steps)],
    history,
    limits: { steps: 10 * steps.length, toolCalls: 10 * steps.length, durationMs: Number.POSITIVE_INFINITY },
  })
  const result = await resultOf(agent)
  const { amountMicros } = simulator.bill()
  if (amountMicros === undefined || result.cost?.amountMicros !== amountMicros) {
    throw new Error(`${priced.name}: the run counted ${JSON.stringify(result.cost)}, and the simulator billed ${amountMicros}.`)
  }
  return {
    dollars: amountMicros / currencyMicros,
    done: work.done,
    rereads: work.rereads,
    clears: result.edits.filter(({ kind }) => kind === 'clear').length,
    summaries: result.edits.filter(({ kind }) => kind === 'summary').length,
    breaks: result.cache?.breaks.length ?? 0,
    hitRatio: result.cache?.hitRatio ?? 0,
    end: result.stopReason,
  }
}

function workTool(steps: readonly WorkStep[]) {
  return tool({
    name: 'work',
    description: 'Does a step of the task.',
    inputSchema: z.object({ step: z.number(), note: z.string() }),
    effect: 'read',
    repeatable: true,
    execute: ({ step }) => textOf(steps[step - 1]?.resultTokens ?? 1, step),
  })
}

async function resultOf(agent: Agent): Promise<RunResult> {
  try {
    return await agent.generate('Do the task.')
  } catch (error) {
    if (AgentError.is(error) && error.result !== undefined) return error.result
    throw error
  }
}
