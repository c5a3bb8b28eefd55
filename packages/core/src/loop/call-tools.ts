import { type Approval, readApproval, readOutcome } from '../agent/answers.ts'
import { AgentError } from '../errors.ts'
import type { ToolResultPart } from '../messages.ts'
import type { ModelReply } from '../model.ts'
import type { Outcome, Question } from '../operations.ts'
import { type CheckedCall, checkCalls, isCut, type RunnableCall, toolResult } from './check-calls.ts'
import { addTime, type LoopRun } from './loop-run.ts'
import { approvalOperation, approvalQuestion, outcomeQuestion } from './questions.ts'
import { callsKey, countRepeat } from './repeats.ts'
import { type CallChange, type RecordedOutput, toolOperation } from './run-tool.ts'

/** The results of all calls in call order, or what people have to decide first. */
export type ToolBatch = { readonly results: readonly ToolResultPart[]; readonly pending?: undefined } | { readonly pending: readonly Question[] }

interface PlannedCall {
  readonly call: RunnableCall
  readonly change: CallChange
}

type Results = Map<number, ToolResultPart>

/**
 * Answers every call of a message: those that nobody has to approve run first, then people are asked.
 *
 * @throws {AgentError} `tool-fatal`, or `output-limit` when calls were cut a second time.
 */
export async function callTools(run: LoopRun, reply: ModelReply, replayed: boolean): Promise<ToolBatch> {
  const key = repeatKey(run, reply)
  const checked = checkCalls(run, reply, key)
  if (checked.length === 0) return { results: [] }
  const results: Results = new Map()
  refuse(run, { checked, results, replayed })
  const runnable = checked.filter((call) => 'tool' in call)
  const gated = await findGated(run, runnable)
  const free = runnable.filter((call) => !gated.includes(call))
  let open = await execute(
    run,
    results,
    free.map((call) => ({ call, change: {} })),
  )
  if (gated.length > 0) {
    const questions = gated.map(approvalQuestion)
    const answers = await run.operations.ask(questions)
    if (answers === undefined) return { pending: [...questions, ...open.map(({ call }) => outcomeQuestion(call, 1))] }
    const approved = gated.flatMap((call, index) => settleApproval(run, results, { call, approval: readApproval(answers[index] ?? null) }))
    open = [...open, ...(await execute(run, results, approved))]
  }
  const pending = await settleUnknown(run, results, open)
  if (pending !== undefined) return { pending }
  throwWhatEndsTheRun(run, reply, results)
  // Every call has a result by now.
  const ordered = checked.flatMap(({ index }) => results.get(index) ?? [])
  run.repeats = key === '' ? { calls: '', outputs: '', count: 0 } : countRepeat(run.repeats, key, ordered)
  return { results: ordered }
}

function repeatKey(run: LoopRun, { message }: ModelReply): string {
  const calls = typeof message.content === 'string' ? [] : message.content.filter((part) => part.type === 'tool-call')
  return calls.some((call) => run.agent.tools.get(call.toolName)?.repeatable === true) ? '' : callsKey(calls)
}

interface Refusal {
  readonly checked: readonly CheckedCall[]
  readonly results: Results
  readonly replayed: boolean
}

function refuse(run: LoopRun, { checked, results, replayed }: Refusal): void {
  for (const call of checked) {
    if (!('result' in call)) continue
    results.set(call.index, call.result)
    showEnd(run, call, { status: call.result.status, text: call.result.text, ms: 0, replayed })
  }
}

async function findGated(run: LoopRun, calls: readonly RunnableCall[]): Promise<readonly RunnableCall[]> {
  const asking = calls.filter(({ tool }) => tool.needsApproval !== false)
  if (asking.length === 0) return []
  const outcomes = await run.operations.perform(asking.map((call) => approvalOperation(run, call)))
  return asking.filter((_, index) => isNeeded(outcomes[index]))
}

// Without an answer the call needs approval.
function isNeeded(outcome: Outcome<boolean> | undefined): boolean {
  return outcome?.status === 'done' ? outcome.output : true
}

/** Runs calls in one batch. Returns those of unknown outcome. */
async function execute(run: LoopRun, results: Results, planned: readonly PlannedCall[]): Promise<readonly PlannedCall[]> {
  if (planned.length === 0) return []
  const outcomes = await run.operations.perform(planned.map(({ call, change }) => toolOperation(run, call, change)))
  addTime(run, Math.max(...outcomes.map((outcome) => (outcome.status === 'done' ? outcome.ms : 0))))
  return planned.filter(({ call }, index) => {
    const outcome = outcomes[index]
    if (outcome?.status !== 'done') return true
    run.toolCalls++
    results.set(call.index, toolResult(call.part, outcome.output.status, outcome.output.text))
    if (outcome.replayed) showEnd(run, call, { ...outcome.output, ms: outcome.ms, replayed: true })
    return false
  })
}

function settleApproval(run: LoopRun, results: Results, { call, approval }: { call: RunnableCall; approval: Approval }): readonly PlannedCall[] {
  if (approval.approve) return [{ call, change: approval.input === undefined ? {} : { input: approval.input } }]
  const output: RecordedOutput = { status: 'denied', text: `Not run: a person denied this call${approval.reason ? `: ${approval.reason}` : '.'}` }
  results.set(call.index, toolResult(call.part, output.status, output.text))
  showEnd(run, call, { ...output, ms: 0, replayed: false })
  return []
}

/** Asks about calls of unknown outcome until each is settled; returns the questions when nobody answers yet. */
async function settleUnknown(run: LoopRun, results: Results, calls: readonly PlannedCall[]): Promise<readonly Question[] | undefined> {
  let open = calls
  for (let round = 1; open.length > 0; round++) {
    const questions = open.map(({ call }) => outcomeQuestion(call, round))
    const answers = await run.operations.ask(questions)
    if (answers === undefined) return questions
    const again: PlannedCall[] = []
    for (const [index, { call, change }] of open.entries()) {
      const answer = readOutcome(answers[index] ?? null)
      if ('repeat' in answer) again.push({ call, change: { ...change, round } })
      else results.set(call.index, 'output' in answer ? toolResult(call.part, 'ok', answer.output) : toolResult(call.part, 'error', answer.failed))
    }
    open = await execute(run, results, again)
  }
  return undefined
}

function throwWhatEndsTheRun(run: LoopRun, reply: ModelReply, results: Results): void {
  for (const [index, { status, toolName }] of results) {
    if (status !== 'fatal') continue
    const cause = run.toolErrors.get(`steps/${run.steps.length + 1}/tools/${index}`)
    throw new AgentError(`The tool '${toolName}' ended the run.`, { code: 'tool-fatal', phase: 'tool', cause })
  }
  if (!isCut(reply) || run.cutReplies++ === 0) return
  throw new AgentError(
    `The model's tool calls were cut a second time in this run (finish reason '${reply.rawFinishReason ?? reply.finishReason}'). ` +
      'None of them was run. Raise the output limit, or ask for smaller pieces.',
    { code: 'output-limit', phase: 'finish', usage: reply.usage },
  )
}

interface CallEnd extends RecordedOutput {
  readonly ms: number
  readonly replayed: boolean
}

function showEnd(run: LoopRun, { id, part }: CheckedCall, { replayed, ...end }: CallEnd): void {
  const { toolCallId, toolName } = part
  const step = run.steps.length + 1
  run.show({ type: 'tool-end', step, key: id, toolCallId, toolName, ...end, ...(replayed && { replayed }) })
}
