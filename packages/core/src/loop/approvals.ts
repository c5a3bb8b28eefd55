import { type Approval, readApproval } from '../contract/answers.ts'
import type { Json } from '../contract/json.ts'
import type { Operation, Question } from '../contract/operations.ts'
import { hashTool } from '../durability/definition.ts'
import { makeOperationId } from '../durability/operation-ids.ts'
import { askPeople } from './ask-people.ts'
import type { RunnableCall } from './check-calls.ts'
import { type LoopRun, withinTimeLimit } from './loop-run.ts'
import type { SettledCall } from './run-tools.ts'

/** Whether a person must be asked about a call, and what the tool itself asks. */
export type Gate = boolean | { readonly question: Json }

/** The calls that a person has to be asked about, in call order, with what is asked. */
export type GatedCalls = ReadonlyMap<RunnableCall, Gate>

export const noGatedCalls: GatedCalls = new Map()

/** True for a call of a tool that may ask a person. */
export function hasGate({ tool }: RunnableCall): boolean {
  return tool.needsApproval !== false || tool.ask !== undefined
}

/** Asks the caller's code which calls a person has to approve. */
export async function findGatedCalls(run: LoopRun, calls: readonly RunnableCall[]): Promise<GatedCalls> {
  const asking = calls.filter(hasGate)
  const outcomes = await run.operations.perform(asking.map((call) => gateOperation(run, call)))
  run.ledger.addBatchTime(outcomes)
  const gates = asking.map((call, index) => {
    const outcome = outcomes[index]
    return [call, outcome?.status === 'done' ? outcome.output : true] as const
  })
  return new Map(gates.filter(([, gate]) => gate !== false))
}

/** What people said about calls, or the questions that nobody has answered yet. */
export type AskedApprovals =
  | { readonly pending: readonly Question[] }
  | { readonly approved: readonly RunnableCall[]; readonly denied: readonly SettledCall<RunnableCall>[] }

/** Asks people about calls. An approved call has the input that the person approved. */
export async function askForApproval(run: LoopRun, gated: GatedCalls): Promise<AskedApprovals> {
  const calls = [...gated]
  const asked = await askPeople(
    run,
    calls.map(([call, gate]) => approvalQuestion(call, gate)),
  )
  if ('pending' in asked) return asked
  const approved: RunnableCall[] = []
  const denied: SettledCall<RunnableCall>[] = []
  for (const [index, [call, gate]] of calls.entries()) {
    const answer = asked.answers[index]
    const approval = readApproval(answer?.value ?? null)
    const refusal = refusalOf(gate, approval)
    if (refusal !== undefined) denied.push({ call, output: { status: 'denied', text: refusal }, ms: 0, replayed: answer?.replayed ?? false })
    else approved.push(approvedCall(call, approval))
  }
  return { approved, denied }
}

// Whether a person must approve a call is decided by the caller's code, so it is recorded. Without a clear no, a person is asked.
function gateOperation(run: LoopRun, call: RunnableCall): Operation<Gate> {
  return {
    id: makeOperationId({ type: 'needs-approval', step: call.step, index: call.index }),
    name: `needs-approval ${call.tool.name}`,
    effect: 'read',
    run: async ({ signal }) => {
      try {
        const gate = await withinTimeLimit(run, signal, () => gateOf(run, call))
        return gate === 'late' ? true : gate
      } catch {
        signal.throwIfAborted()
        return true
      }
    },
  }
}

async function gateOf(run: LoopRun, { tool, input }: RunnableCall): Promise<Gate> {
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
function approvalQuestion({ step, index, part, tool, input }: RunnableCall, gate: Gate): Question {
  const about = { toolName: tool.name, toolCallId: part.toolCallId, input, tool: hashTool(tool) }
  if (typeof gate === 'boolean') return { id: makeOperationId({ type: 'approval', step, index }), about: { type: 'approval', ...about } }
  return { id: makeOperationId({ type: 'question', step, index }), about: { type: 'question', ...about, question: gate.question } }
}

// Why the call does not run; `undefined` when it may.
function refusalOf(gate: Gate, approval: Approval): string | undefined {
  if (!approval.approve) return `Not run: a person denied this call${approval.reason ? `: ${approval.reason}` : '.'}`
  return typeof gate === 'object' && approval.answer === undefined ? 'Not run: its question was not answered.' : undefined
}

// An edited input replaces the model's from here on, also in questions about this call.
function approvedCall(call: RunnableCall, approval: Approval): RunnableCall {
  if (!approval.approve) return call
  const { input = call.input, answer } = approval
  return { ...call, input, ...(answer !== undefined && { answer }) }
}
