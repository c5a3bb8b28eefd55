import type { Json } from '../contract/json.ts'
import type { Operation, Question } from '../contract/operations.ts'
import { makeOperationId } from '../durability/operation-ids.ts'
import { shortHash } from '../support/hash.ts'
import type { RunnableCall } from './check-calls.ts'
import { clockOf, type LoopRun, leftMs } from './loop-run.ts'

/** Whether a person must be asked about a call, and what the tool itself asks. */
export type Gate = boolean | { readonly question: Json }

/** Whether a person must approve this call. Recorded, because it is the caller's code; without a clear no, a person is asked. */
export function approvalOperation(run: LoopRun, call: RunnableCall): Operation<Gate> {
  return {
    id: makeOperationId({ type: 'needs-approval', step: call.step, index: call.index }),
    name: `needs-approval ${call.tool.name}`,
    effect: 'read',
    run: async ({ signal }) => {
      try {
        const gate = await clockOf(run, signal).within(leftMs(run), () => decide(run, call))
        return gate === 'late' ? true : gate
      } catch {
        signal.throwIfAborted()
        return true
      }
    },
  }
}

async function decide(run: LoopRun, { tool, input }: RunnableCall): Promise<Gate> {
  // An input that will be refused needs nobody's approval.
  if (!(await tool.validate(input)).ok) return false
  // The caller's code gets a copy, and its context has the type that its tools ask for: `Agent<Context>` checks it.
  const context = run.context as never
  const question = await tool.ask?.(structuredClone(input), context)
  // A copy, as records are JSON.
  if (question !== undefined && question !== null) return { question: JSON.parse(JSON.stringify(question)) as Json }
  if (typeof tool.needsApproval !== 'function') return tool.needsApproval
  return (await tool.needsApproval(structuredClone(input), context)) !== false
}

/**
 * Asks whether a call may run, or what the tool asks. The question holds the exact input and a hash of the tool, so an answer fits
 * only these. Answering what a tool asks approves the call too.
 */
export function approvalQuestion({ step, index, part, tool, input }: RunnableCall, gate: Gate): Question {
  const about = { toolName: tool.name, toolCallId: part.toolCallId, input, tool: hashTool(tool) }
  if (typeof gate === 'boolean') return { id: makeOperationId({ type: 'approval', step, index }), about: { type: 'approval', ...about } }
  return { id: makeOperationId({ type: 'question', step, index }), about: { type: 'question', ...about, question: gate.question } }
}

/** Asks what became of a `once` call that was started and has no recorded outcome. */
export function outcomeQuestion({ step, index, part, tool, input }: RunnableCall, round: number): Question {
  const about = { type: 'outcome', toolName: tool.name, toolCallId: part.toolCallId, input, tool: hashTool(tool) }
  return { id: makeOperationId({ type: 'outcome', step, index, round }), about }
}

/** A hash of what the model and people knew of a tool. */
export function hashTool({ name, description, inputSchema, effect }: RunnableCall['tool']): string {
  return shortHash(JSON.stringify([name, description, inputSchema, effect]), 16)
}
