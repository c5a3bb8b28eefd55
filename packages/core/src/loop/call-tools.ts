import { type Approval, readApproval, readOutcome } from '../contract/answers.ts'
import { AgentError } from '../contract/errors.ts'
import { type ToolResultPart, type ToolStatus, toolCallsOf } from '../contract/messages.ts'
import type { ModelReply } from '../contract/model.ts'
import type { Answer, Question } from '../contract/operations.ts'
import { makeOperationId } from '../durability/operation-ids.ts'
import { type CheckedCall, checkCalls, countsAsCall, findTool, isCut, type RunnableCall, type StepReply, toolResult } from './check-calls.ts'
import { addBatchTime, type LoopRun, openStep } from './loop-run.ts'
import { approvalOperation, approvalQuestion, type Gate, outcomeQuestion } from './questions.ts'
import { callsKey, countRepeat, noRepeats } from './repeats.ts'
import { type RecordedOutput, toolOperation } from './run-tool.ts'

/** The results of all calls in call order, or what people have to decide first. */
export type ToolBatch = { readonly results: readonly ToolResultPart[]; readonly pending?: undefined } | { readonly pending: readonly Question[] }

type Results = Map<number, ToolResultPart>

/**
 * Answers every call of a message: those that nobody has to approve run first, then people are asked.
 *
 * @throws {AgentError} `tool-fatal`, or `output-limit` when calls were cut a second time.
 */
export async function callTools(run: LoopRun, step: StepReply): Promise<ToolBatch> {
  const key = repeatKey(run, step.reply)
  const checked = checkCalls(run, step, key)
  if (checked.length === 0) return { results: [] }
  const results: Results = new Map()
  for (const call of checked) {
    if (!('result' in call)) continue
    const { status, text } = call.result
    settle(run, results, { call, output: { status, text }, ms: 0, replayed: step.replayed })
  }
  const runnable = checked.filter((call) => 'tool' in call)
  const pending = runnable.some(needsPerson) ? await runGated(run, results, runnable) : await runFree(run, results, runnable)
  if (pending.length > 0) return { pending }
  failWhenCutAgain(run, step.reply)
  // Every call has a result by now.
  const ordered = checked.flatMap(({ index }) => results.get(index) ?? [])
  run.repeats = key === '' ? noRepeats : countRepeat(run.repeats, key, ordered)
  return { results: ordered }
}

async function runFree(run: LoopRun, results: Results, calls: readonly RunnableCall[]): Promise<readonly Question[]> {
  const unknown = await execute(run, results, { calls, round: 0 })
  return unknown.length === 0 ? [] : await settleUnknown(run, results, unknown)
}

async function runGated(run: LoopRun, results: Results, calls: readonly RunnableCall[]): Promise<readonly Question[]> {
  const gated = await findGated(run, calls)
  const free = calls.filter((call) => !gated.has(call))
  const unknown = await execute(run, results, { calls: free, round: 0 })
  const asked = await askForApproval(run, results, gated)
  if (asked.pending.length > 0) return [...asked.pending, ...unknown.map((call) => outcomeQuestion(call, 1))]
  unknown.push(...(await execute(run, results, { calls: asked.approved, round: 0 })))
  return await settleUnknown(run, results, unknown)
}

function needsPerson({ tool }: RunnableCall): boolean {
  return tool.needsApproval !== false || tool.ask !== undefined
}

// Calls are compared by the tool that they mean; one of a repeatable tool exempts its step.
function repeatKey(run: LoopRun, { message }: ModelReply): string {
  const calls = toolCallsOf(message).map(({ toolName, inputText }) => ({ tool: findTool(run, toolName), toolName, inputText }))
  if (calls.some(({ tool }) => tool?.repeatable === true)) return ''
  return callsKey(calls.map(({ tool, toolName, inputText }) => ({ toolName: tool?.name ?? toolName, inputText })))
}

/** The calls that a person has to be asked about, in call order, with what is asked. */
type GatedCalls = ReadonlyMap<RunnableCall, Gate>

async function findGated(run: LoopRun, calls: readonly RunnableCall[]): Promise<GatedCalls> {
  const asking = calls.filter(needsPerson)
  const outcomes = await run.operations.perform(asking.map((call) => approvalOperation(run, call)))
  addBatchTime(run, outcomes)
  const gates = asking.map((call, index) => {
    const outcome = outcomes[index]
    return [call, outcome?.status === 'done' ? outcome.output : true] as const
  })
  return new Map(gates.filter(([, gate]) => gate !== false))
}

interface Execution {
  readonly calls: readonly RunnableCall[]
  readonly round: number
}

/**
 * Runs calls in one batch. Returns those of unknown outcome.
 *
 * @throws {AgentError} `tool-fatal`, before anyone is asked for anything else.
 */
async function execute(run: LoopRun, results: Results, { calls, round }: Execution): Promise<RunnableCall[]> {
  if (calls.length === 0) return []
  const outcomes = await run.operations.perform(calls.map((call) => toolOperation(run, call, round)))
  addBatchTime(run, outcomes)
  const unknown: RunnableCall[] = []
  for (const [index, call] of calls.entries()) {
    const outcome = outcomes[index]
    if (outcome?.status !== 'done') {
      unknown.push(call)
      continue
    }
    const { output, ms, replayed } = outcome
    count(run, call, output.status)
    if (replayed) settle(run, results, { call, output, ms, replayed })
    else keep(results, { call, output })
  }
  failWhenFatal(run, results)
  return unknown
}

function ask(run: LoopRun, questions: readonly Question[]): Promise<readonly (Answer | undefined)[]> {
  // Some hosts wait here for days, or never come back: no timer is held.
  run.clock?.close()
  return run.operations.ask(questions)
}

interface Asked {
  readonly approved: readonly RunnableCall[]
  readonly pending: readonly Question[]
}

async function askForApproval(run: LoopRun, results: Results, gated: GatedCalls): Promise<Asked> {
  if (gated.size === 0) return { approved: [], pending: [] }
  const calls = [...gated.keys()]
  const questions = [...gated].map(([call, gate]) => approvalQuestion(call, gate))
  const answers = await ask(run, questions)
  const pending = questions.filter((_, index) => answers[index] === undefined)
  if (pending.length > 0) return { approved: [], pending }
  return { approved: calls.flatMap((call, index) => settleApproval(run, results, { call, gate: gated.get(call), answer: answers[index] })), pending }
}

interface Judged {
  readonly call: RunnableCall
  readonly gate: Gate | undefined
  readonly answer: Answer | undefined
}

function settleApproval(run: LoopRun, results: Results, { call, gate, answer }: Judged): readonly RunnableCall[] {
  const approval = readApproval(answer?.value ?? null)
  const isUnanswered = typeof gate === 'object' && approval.approve && approval.answer === undefined
  // Edited input takes the place of the model's for good: also in questions about this call.
  if (approval.approve && !isUnanswered) {
    const { input = call.input, answer: given } = approval
    return [{ ...call, input, ...(given !== undefined && { answer: given }) }]
  }
  const text = isUnanswered ? 'Not run: its question was not answered.' : deniedText(approval)
  settle(run, results, { call, output: { status: 'denied', text }, ms: 0, replayed: answer?.replayed ?? false })
  return []
}

function deniedText(approval: Approval): string {
  return `Not run: a person denied this call${!approval.approve && approval.reason ? `: ${approval.reason}` : '.'}`
}

/** Asks about calls of unknown outcome until each is settled; returns the questions that nobody has answered yet. */
async function settleUnknown(run: LoopRun, results: Results, calls: readonly RunnableCall[]): Promise<readonly Question[]> {
  let open = calls
  for (let round = 1; open.length > 0; round++) {
    const questions = open.map((call) => outcomeQuestion(call, round))
    const answers = await ask(run, questions)
    const pending = questions.filter((_, index) => answers[index] === undefined)
    if (pending.length > 0) return pending
    const again = open.filter((call, index) => settleOutcome(run, results, { call, answer: answers[index] }))
    open = await execute(run, results, { calls: again, round })
  }
  return []
}

/** Returns true for a call that shall run again. */
function settleOutcome(run: LoopRun, results: Results, { call, answer }: { call: RunnableCall; answer: Answer | undefined }): boolean {
  const said = readOutcome(answer?.value ?? null)
  if ('repeat' in said) return true
  const output: RecordedOutput = 'output' in said ? { status: 'ok', text: said.output } : { status: 'error', text: said.failed }
  settle(run, results, { call, output, ms: 0, replayed: answer?.replayed ?? false })
  count(run, call, output.status)
  return false
}

interface Settled {
  readonly call: CheckedCall
  readonly output: RecordedOutput
}

interface Ended extends Settled {
  /** 0 for a call that did not run here. */
  readonly ms: number
  readonly replayed: boolean
}

function keep(results: Results, { call, output: { status, text } }: Settled): void {
  results.set(call.index, toolResult(call.part, status, text))
}

// A call that was refused inside its operation did not run.
function count(run: LoopRun, { tool }: RunnableCall, status: ToolStatus): void {
  if (countsAsCall(tool) && status !== 'invalid-input' && status !== 'skipped') run.toolCalls++
}

/** Keeps a result and shows its end. A call that ran in this process has shown its end itself. */
function settle(run: LoopRun, results: Results, { call, output, ms, replayed }: Ended): void {
  keep(results, { call, output })
  const { toolCallId, toolName } = call.part
  run.show({ type: 'tool-end', step: openStep(run), key: call.id, toolCallId, toolName, ...output, ms, ...(replayed && { replayed }) })
}

function failWhenFatal(run: LoopRun, results: Results): void {
  for (const [index, { status, toolName }] of results) {
    if (status !== 'fatal') continue
    const cause = run.toolErrors?.get(makeOperationId({ type: 'call', step: openStep(run), index, round: 0 }))
    throw new AgentError(`The tool '${toolName}' ended the run.`, { code: 'tool-fatal', phase: 'tool', cause })
  }
}

function failWhenCutAgain(run: LoopRun, reply: ModelReply): void {
  if (!isCut(reply) || run.cutReplies++ === 0) return
  throw new AgentError(
    `The model's tool calls were cut a second time in this run (finish reason '${reply.rawFinishReason ?? reply.finishReason}'). ` +
      'None of them was run. Raise the output limit, or ask for smaller pieces.',
    { code: 'output-limit', phase: 'finish', usage: reply.usage },
  )
}
