import { AgentError } from '../contract/errors.ts'
import { makeOperationId } from '../durability/operation-ids.ts'
import type { StartOutput } from '../durability/records.ts'
import { newId } from '../support/hash.ts'
import type { LoopRun } from './loop-run.ts'

/** Performs the first operation of a run: it records what the run needs later and no replay can know. Runs of release 0.1.0 have none. */
export async function recordStart({ operations, questionIds }: LoopRun): Promise<void> {
  if (operations.version === 1) return
  const [outcome] = await operations.perform<StartOutput>([
    { id: makeOperationId({ type: 'start' }), name: 'start', effect: 'read', isDurable: false, run: async () => ({ random: newId() }) },
  ])
  if (outcome?.status !== 'done') throw new AgentError('The start of the run has no outcome.', { code: 'internal', phase: 'loop' })
  questionIds.begin(outcome.output.random)
}
