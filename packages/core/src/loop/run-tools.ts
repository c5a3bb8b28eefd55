import { AgentError } from '../contract/errors.ts'
import type { ToolResultPart, ToolStatus } from '../contract/messages.ts'
import type { ModelReply } from '../contract/model.ts'
import type { PendingQuestion, StopReason } from '../contract/result.ts'
import type { Tool } from '../contract/tool.ts'
import { makeOperationId } from '../durability/operation-ids.ts'
import { askForApproval, hasGate, pendingApprovals, sortByGate } from './approvals.ts'
import {
  type AskedCall,
  checkCalls,
  countsAsCall,
  hasUnknownEnding,
  isCut,
  isOutputTool,
  type RunnableCall,
  type SettledCall,
  type StepReply,
} from './check-calls.ts'
import { childAgentOf } from './children/child-agent.ts'
import type { LoopRun } from './loop-run.ts'
import { askForOutcomes } from './outcomes.ts'
import { callsKey } from './repeats.ts'
import { resolveCalls } from './resolve-calls.ts'
import { resultPart } from './result-part.ts'
import { toolOperation } from './run-tool.ts'
import { handedOverTo } from './settle-output.ts'
import type { StepResults } from './settle-step.ts'
import { CallResults } from './state/call-results.ts'

/** The results of all calls in call order, or what people have to decide first. */
export type ToolBatch = (StepResults & { readonly pending?: undefined }) | { readonly pending: readonly PendingQuestion[] }

/**
 * Answers every call of a message: those that nobody has to approve run first, then people are asked.
 *
 * @throws {AgentError} `tool-fatal`, or `output-limit` when calls were cut a second time.
 */
export async function runTools(run: LoopRun, step: StepReply): Promise<ToolBatch> {
  const calls = await resolveCalls(run, step.reply)
  const key = repeatKey(run, calls)
  const checked = await checkCalls(run, { ...step, calls }, key)
  if (checked.length === 0) return { results: [] }
  const results = new CallResults()
  for (const call of checked) {
    if ('output' in call) settle(run, results, { call, output: call.output, ms: 0, replayed: step.replayed, at: step.at })
  }
  const pending = await runCalls(
    run,
    results,
    checked.filter((call) => 'tool' in call),
  )
  if (pending.length > 0) return { pending }
  // Every call has a result by now.
  const ordered = results.inOrder
  const stop = countCutReply(run, step.reply, ordered)
  run.transcript.countCalls(key, ordered)
  const { handOver } = results
  return { results: ordered, ...(stop !== undefined && { stop }), ...(handOver !== undefined && { handOver }) }
}

/**
 * Runs the calls of a step. The output is taken last, and only when every call beside it succeeded: it was given before the model
 * knew their results.
 *
 * @returns The questions that are still to be answered.
 */
async function runCalls(run: LoopRun, results: CallResults, calls: readonly RunnableCall[]): Promise<readonly PendingQuestion[]> {
  const outputs = run.operations.version === 1 ? [] : calls.filter(({ tool }) => isOutputTool(tool))
  if (outputs.length === 0) return await runBesideOutput(run, results, calls)
  const pending = await runBesideOutput(
    run,
    results,
    calls.filter((call) => !outputs.includes(call)),
  )
  if (pending.length > 0) return pending
  const failed = results.inOrder.filter(({ status }) => status !== 'ok')
  if (failed.length === 0) await execute(run, results, { calls: outputs, round: 0 })
  else {
    const output = { status: 'skipped', text: notTakenText(failed) } as const
    for (const call of outputs) settle(run, results, { call, output, ms: 0, replayed: false })
  }
  return []
}

function notTakenText(failed: readonly ToolResultPart[]): string {
  const calls = failed.map(({ toolName, status }) => `${toolName}: ${status}`).join(', ')
  return `Not taken: a call beside it did not succeed (${calls}). Read its result first, then give the final answer again.`
}

async function runBesideOutput(run: LoopRun, results: CallResults, calls: readonly RunnableCall[]): Promise<readonly PendingQuestion[]> {
  const { free, gated, invalid } = calls.some((call) => hasGate(run, call)) ? await sortByGate(run, calls) : { free: calls, gated: [], invalid: [] }
  for (const call of invalid) settle(run, results, call)
  const first = await execute(run, results, { calls: free, round: 0 })
  // Agents continue before the calls that a person approved: their records lie before those of such calls.
  if (first.pending.length > 0) return [...first.pending, ...(await pendingApprovals(run, gated))]
  const unknown = [...first.unknown]
  if (gated.length > 0) {
    const asked = await askForApproval(run, gated)
    // What became of calls that were cut is asked afterwards: only questions that are recorded can be answered.
    if ('pending' in asked) return asked.pending
    for (const call of asked.refused) settle(run, results, call)
    const approved = await execute(run, results, { calls: asked.approved, round: 0 })
    unknown.push(...approved.unknown)
    if (approved.pending.length > 0) return approved.pending
  }
  return unknown.length === 0 ? [] : await settleUnknown(run, results, unknown)
}

// Calls are compared by the tool that they mean; one of a repeatable tool exempts its step.
function repeatKey(run: LoopRun, calls: readonly AskedCall[]): string {
  // Release 0.1.0 let the tool of the output repeat.
  const mayRepeat = (tool: Tool<never> | undefined): boolean =>
    tool?.repeatable === true || (run.operations.version === 1 && tool !== undefined && isOutputTool(tool))
  if (calls.some(({ tool }) => mayRepeat(tool))) return ''
  return callsKey(calls.map(({ tool, part }) => ({ toolName: tool?.name ?? part.toolName, inputText: part.inputText })))
}

interface Execution {
  readonly calls: readonly RunnableCall[]
  /** 0, or the number of the repetition after an unknown outcome. */
  readonly round: number
}

interface Executed {
  /** Calls of unknown outcome. */
  readonly unknown: readonly RunnableCall[]
  /** What agents that answer calls have asked people. */
  readonly pending: readonly PendingQuestion[]
}

/**
 * Runs calls in one batch, then the agents that answer some of them.
 *
 * @throws {AgentError} `tool-fatal`, before anyone is asked for anything else.
 */
async function execute(run: LoopRun, results: CallResults, { calls, round }: Execution): Promise<Executed> {
  if (calls.length === 0) return { unknown: [], pending: [] }
  const outcomes = await run.operations.perform(calls.map((call) => toolOperation(run, call, round)))
  run.ledger.addBatchTime(outcomes)
  const unknown: RunnableCall[] = []
  const delegated: PromptedCall[] = []
  for (const [index, call] of calls.entries()) {
    const outcome = outcomes[index]
    if (outcome?.status !== 'done') {
      unknown.push(call)
      continue
    }
    const { output, ms, replayed, at } = outcome
    countCall(run, call, output.status)
    if (output.delegated === true) delegated.push({ ...call, prompt: output.text })
    else take(run, results, { call, output, ms, replayed, at })
  }
  failWhenFatal(run, results)
  const pending = delegated.length === 0 ? [] : await settleDelegated(run, results, delegated)
  return { unknown, pending }
}

/** A call that an agent answers, with what it is asked. */
type PromptedCall = RunnableCall & { readonly prompt: string }

/** Runs the agents that answer calls, and keeps their results. Returns what they have asked people. */
async function settleDelegated(run: LoopRun, results: CallResults, delegated: readonly PromptedCall[]): Promise<readonly PendingQuestion[]> {
  const ended = await run.runAgents(run, delegated)
  if ('pending' in ended) return ended.pending
  for (const [position, call] of delegated.entries()) {
    const answer = ended.answers[position]
    if (answer === undefined) throw new RangeError('Each call has an answer.')
    take(run, results, { call, ...answer })
    const isFinal = answer.output.status === 'ok' && childAgentOf(call.tool)?.options.returns === 'final'
    if (isFinal) results.addFinal(call.index, handedOverTo(answer.child))
  }
  return []
}

/** Keeps a result. A call that ran in this process has shown its end itself. */
function take(run: LoopRun, results: CallResults, settled: SettledCall<RunnableCall>): void {
  if (settled.replayed) settle(run, results, settled)
  else results.add(settled.call.index, resultPart(run, settled.call, settled.output))
}

/** Asks about calls of unknown outcome until each is settled; returns the questions that nobody has answered yet. */
async function settleUnknown(run: LoopRun, results: CallResults, calls: readonly RunnableCall[]): Promise<readonly PendingQuestion[]> {
  let unknown = calls
  for (let round = 1; unknown.length > 0; round++) {
    const asked = await askForOutcomes(run, unknown, round)
    if ('pending' in asked) return asked.pending
    for (const settled of asked.settled) {
      settle(run, results, settled)
      countCall(run, settled.call, settled.output.status)
    }
    // Only tools that run by themselves have unknown outcomes, so no agent asks anything here.
    unknown = (await execute(run, results, { calls: asked.repeated, round })).unknown
  }
  return []
}

/** Adds a result and shows its end. */
function settle(run: LoopRun, results: CallResults, { call, output, ms, replayed, at }: SettledCall): void {
  const { status, text, coerced, labels } = output
  results.add(call.index, resultPart(run, call, output))
  const { toolCallId, toolName } = call.part
  const event = { type: 'tool-end', step: run.transcript.currentStep, key: call.id, toolCallId, toolName, status, text, ms } as const
  run.show({
    ...event,
    ...(coerced !== undefined && { coerced }),
    ...(labels !== undefined && { labels }),
    ...(replayed && { replayed, ...(at !== undefined && { at }) }),
  })
}

// A call that was refused inside its operation did not run.
function countCall({ ledger }: LoopRun, { tool, binding }: RunnableCall, status: ToolStatus): void {
  if (status === 'unknown-tool' && binding !== undefined) return
  if (countsAsCall(tool) && status !== 'invalid-input' && status !== 'skipped') ledger.addToolCall()
}

function failWhenFatal({ notes, transcript }: LoopRun, { fatal }: CallResults): void {
  if (fatal === undefined) return
  const key = makeOperationId({ type: 'call', step: transcript.currentStep, index: fatal.index, round: 0 })
  const cause = notes.toolErrors.findLast((failure) => failure.key === key)?.error
  throw new AgentError(`The tool '${fatal.toolName}' ended the run.`, { code: 'tool-fatal', phase: 'tool', cause })
}

/**
 * Counts a reply whose calls may be incomplete. The model gets a message about it once in a run.
 *
 * @returns Why the run ends, when an unknown ending kept all calls of a reply from running a second time.
 * @throws {AgentError} `output-limit` for the second reply that was cut at its output limit.
 */
function countCutReply({ transcript, operations }: LoopRun, reply: ModelReply, results: readonly ToolResultPart[]): StopReason | undefined {
  const isUnknown = hasUnknownEnding(reply) && results.every(({ status }) => status === 'skipped' || status === 'unknown-tool')
  if (!isCut(reply) && !isUnknown) return undefined
  if (transcript.cutReplies === 0) {
    transcript.countCutReply()
    return undefined
  }
  if (!isCut(reply) && operations.version > 1) return 'unknown-ending'
  throw new AgentError(
    `The model's tool calls were cut a second time in this run (finish reason '${reply.rawFinishReason ?? reply.finishReason}'). ` +
      'None of them was run. Raise the output limit, or ask for smaller pieces.',
    { code: 'output-limit', phase: 'finish', usage: reply.usage },
  )
}
