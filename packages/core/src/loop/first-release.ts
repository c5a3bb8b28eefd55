import type { Json } from '../contract/json.ts'
import type { Operation } from '../contract/operations.ts'
import { makeOperationId } from '../durability/operation-ids.ts'
import type { GateOfFirstRelease } from '../durability/records.ts'
import type { GatedCall, RunnableCall } from './check-calls.ts'
import { type LoopRun, withinTimeLimit } from './loop-run.ts'

/**
 * Sorts the calls of a run that release 0.1.0 began by their gates, in the form in which it recorded them. A gate that let an invalid input pass
 * says nothing about the input that the tool would get now, so such a call runs only where it was started before.
 */
export async function sortAsFirstRelease(
  run: LoopRun,
  asking: readonly RunnableCall[],
): Promise<{ readonly free: readonly RunnableCall[]; readonly gated: readonly GatedCall[] }> {
  const outcomes = asking.length === 0 ? [] : await run.operations.perform(asking.map((call) => gateOperation(run, call)))
  run.ledger.addBatchTime(outcomes)
  const free: RunnableCall[] = []
  const gated: GatedCall[] = []
  for (const [index, call] of asking.entries()) {
    const outcome = outcomes[index]
    const gate = outcome?.status === 'done' ? outcome.output : true
    if (gate === false) free.push({ ...call, mustHaveStarted: isAlwaysGated(call) })
    else gated.push({ call, ...(typeof gate === 'object' && { question: gate.question }) })
  }
  return { free, gated }
}

function gateOperation(run: LoopRun, call: RunnableCall): Operation<GateOfFirstRelease> {
  return {
    id: makeOperationId({ type: 'needs-approval', step: call.step, index: call.index }),
    name: `needs-approval ${call.tool.name}`,
    effect: 'read',
    run: async ({ signal }) => {
      try {
        const gate = await withinTimeLimit(run, signal, () => askGate(run, call))
        return gate === 'late' ? true : gate
      } catch {
        signal.throwIfAborted()
        return true
      }
    },
  }
}

async function askGate(run: LoopRun, call: RunnableCall): Promise<GateOfFirstRelease> {
  const { tool, input } = call
  const check = await tool.check(input)
  // Only a gate that never lets a valid input pass may say that nobody need be asked about an invalid one.
  if (!check.ok) return !isAlwaysGated(call)
  // The caller's context has the type that its tools ask for: `Agent<Context>` checks it.
  const context = run.context as never
  const question = await tool.ask?.(check.value, context)
  if (question !== undefined && question !== null) return { question: JSON.parse(JSON.stringify(question)) as Json }
  if (typeof tool.needsApproval !== 'function') return tool.needsApproval
  return (await tool.needsApproval(check.value, context)) !== false
}

function isAlwaysGated({ tool }: RunnableCall): boolean {
  return tool.needsApproval === true || tool.ask !== undefined
}
