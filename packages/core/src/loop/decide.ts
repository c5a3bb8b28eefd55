import { AgentError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import { describe } from '../support/describe.ts'
import { addBatchTime, clockOf, type LoopRun, leftMs } from './loop-run.ts'

/** A decision of the caller's code. */
export interface Decision {
  /** Derived from the position in the run. */
  readonly id: string
  /** Names the option in errors: `prepareStep`. */
  readonly option: string
  readonly body: () => unknown
}

type Recorded = { readonly status: 'ok'; readonly value: Json } | { readonly status: 'failed'; readonly message: string } | { readonly status: 'late' }

/**
 * Runs a decision of the caller's code as an operation: recorded as JSON, under the time limit of the run, and not asked again.
 *
 * @returns What it decided; `late` when the time limit of the run came first.
 * @throws {AgentError} `invalid-options` when it throws, or returns what is not JSON.
 */
export async function decide(run: LoopRun, { id, option, body }: Decision): Promise<{ readonly value: Json } | 'late'> {
  let thrown: unknown
  const [outcome] = await run.operations.perform<Recorded>([
    {
      id,
      name: option,
      effect: 'read',
      run: async ({ signal }) => {
        try {
          const value = await clockOf(run, signal).within(leftMs(run), async () => asJson(await body()))
          return value === 'late' ? { status: 'late' } : { status: 'ok', ...value }
        } catch (error) {
          signal.throwIfAborted()
          thrown = error
          return { status: 'failed', message: describe(error) }
        }
      },
    },
  ])
  if (outcome?.status !== 'done') throw new AgentError(`The operation ${id} has no outcome.`, { code: 'internal', phase: 'loop' })
  addBatchTime(run, [outcome])
  const { output } = outcome
  if (output.status === 'ok') return { value: output.value }
  if (output.status === 'late') return 'late'
  throw new AgentError(`${option} of agent '${run.agent.name}' failed: ${output.message}`, { code: 'invalid-options', phase: 'loop', cause: thrown })
}

// A copy: an object that the caller's code uses again must not change what was recorded.
function asJson(value: unknown): { readonly value: Json } {
  try {
    return { value: JSON.parse(JSON.stringify(value ?? null)) as Json }
  } catch (error) {
    throw new TypeError('It returned something that is not JSON.', { cause: error })
  }
}
