import { AgentError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import { describe } from '../support/describe.ts'
import { type LoopRun, withinTimeLimit } from './loop-run.ts'

/** A function of the caller that the loop asks. */
export interface Hook {
  /** Derived from the position in the run. */
  readonly id: string
  /** Names the option in errors: `prepareStep`. */
  readonly option: string
  readonly body: () => unknown
}

type HookOutput = { readonly status: 'ok'; readonly value: Json } | { readonly status: 'failed'; readonly message: string } | { readonly status: 'late' }

/**
 * Runs a function of the caller as an operation: recorded as JSON, under the time limit of the run, and not asked again.
 *
 * @returns What it returned; `late` when the time limit of the run came first.
 * @throws {AgentError} `invalid-options` when it throws, or returns what is not JSON.
 */
export async function runHook(run: LoopRun, { id, option, body }: Hook): Promise<{ readonly value: Json } | 'late'> {
  let thrown: unknown
  const [outcome] = await run.operations.perform<HookOutput>([
    {
      id,
      name: option,
      effect: 'read',
      run: async ({ signal }) => {
        try {
          const value = await withinTimeLimit(run, signal, async () => asJson(await body()))
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
  run.ledger.addBatchTime([outcome])
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
