import { AgentError } from '../contract/errors.ts'
import type { OperationContext } from '../contract/operations.ts'
import { kindOf } from '../contract/options.ts'
import { joinInstructions } from '../contract/output.ts'
import { makeOperationId } from '../durability/operation-ids.ts'
import type { StartOutput } from '../durability/records.ts'
import { describe } from '../support/describe.ts'
import { newId } from '../support/hash.ts'
import { type LoopRun, withinTimeLimit } from './loop-run.ts'

/**
 * Performs the first operation of a run: it records what the decisions of the run depend on, and what no replay can know. Runs of
 * release 0.1.0 have none.
 *
 * @throws {AgentError} `invalid-options` when the caller's `instructions` throw or return something other than a string, and when a model
 * of this process refuses the settings that the run recorded.
 */
export async function recordStart(run: LoopRun): Promise<void> {
  const { operations, agent, config, chain, questionIds, resultIds, taint, history, ledger, transcript } = run
  if (operations.version === 1) {
    config.beginFirstRelease()
    return
  }
  let thrown: unknown
  const fail = (error: unknown): void => {
    thrown = error
  }
  const [outcome] = await operations.perform<StartOutput>([
    {
      id: makeOperationId({ type: 'start' }),
      name: 'start',
      effect: 'read',
      isDurable: false,
      run: (context) => startOutput(run, context, fail),
    },
  ])
  if (outcome?.status !== 'done') throw new AgentError('The start of the run has no outcome.', { code: 'internal', phase: 'loop' })
  if (agent.makeInstructions !== undefined) ledger.addBatchTime([outcome])
  const { random, config: recorded, failed } = outcome.output
  if (failed !== undefined)
    throw new AgentError(`instructions of agent '${agent.name}' failed: ${failed}`, { code: 'invalid-options', phase: 'loop', cause: thrown })
  questionIds.begin(random)
  resultIds.begin(transcript.messages)
  config.begin(recorded)
  taint.begin(transcript.messages, (toolName) => config.declaredBy(toolName)?.returns)
  chain.begin(recorded.settings)
  history.begin(recorded.history)
}

async function startOutput(run: LoopRun, { signal }: OperationContext, fail: (error: unknown) => void): Promise<StartOutput> {
  const { config, context } = run
  const { makeInstructions, output } = run.agent
  const random = newId()
  if (makeInstructions === undefined) return { random, config: config.toRecord(config.instructions) }
  try {
    const text = await withinTimeLimit(run, signal, async () => checkText(await makeInstructions(context)))
    // No time is left, so no request is sent with the instructions that are missing.
    return { random, config: config.toRecord(text === 'late' ? undefined : joinInstructions(text.value, output?.instructions)) }
  } catch (error) {
    signal.throwIfAborted()
    fail(error)
    return { random, config: config.toRecord(undefined), failed: describe(error) }
  }
}

function checkText(value: unknown): { readonly value: string } {
  if (typeof value === 'string') return { value }
  throw new TypeError(`They must return a string, not ${kindOf(value)}.`)
}
