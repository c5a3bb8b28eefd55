import { createHash } from 'node:crypto'
import type { Operation, Question } from '../operations.ts'
import type { RunnableCall } from './check-calls.ts'
import { type LoopRun, leftMs } from './loop-run.ts'
import { withinTime } from './within-time.ts'

/** Whether a person must approve this call. Recorded, because it is the caller's code; without a clear no, a person is asked. */
export function approvalOperation(run: LoopRun, call: RunnableCall): Operation<boolean> {
  return {
    id: `${call.id}/needs-approval`,
    name: `needs-approval ${call.tool.name}`,
    effect: 'read',
    run: async ({ signal }) => {
      try {
        return (await withinTime(leftMs(run), signal, () => decide(run, call))) !== false
      } catch {
        signal.throwIfAborted()
        return true
      }
    },
  }
}

async function decide(run: LoopRun, { tool, input }: RunnableCall): Promise<unknown> {
  // An input that will be refused needs nobody's approval.
  if (!(await tool.validate(input)).ok) return false
  if (typeof tool.needsApproval !== 'function') return tool.needsApproval
  // The caller's code gets a copy, and its context has the type that its tools ask for: `Agent<Context>` checks it.
  return await tool.needsApproval(structuredClone(input), run.context as never)
}

/** Asks whether a call may run. The question holds the exact input and a hash of the tool, so an answer fits only these. */
export function approvalQuestion({ id, part, tool, input }: RunnableCall): Question {
  return { id: `${id}/approval`, about: { type: 'approval', toolName: tool.name, toolCallId: part.toolCallId, input, tool: hashTool(tool) } }
}

/** Asks what became of a `once` call that was started and has no recorded outcome. */
export function outcomeQuestion({ id, part, tool, input }: RunnableCall, round: number): Question {
  return { id: `${id}/outcome/${round}`, about: { type: 'outcome', toolName: tool.name, toolCallId: part.toolCallId, input, tool: hashTool(tool) } }
}

/** A hash of what the model and people knew of a tool. */
export function hashTool({ name, description, inputSchema, effect }: RunnableCall['tool']): string {
  return createHash('sha256')
    .update(JSON.stringify([name, description, inputSchema, effect]))
    .digest('hex')
    .slice(0, 16)
}
