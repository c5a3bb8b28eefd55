import { type Approval, readApproval } from '../contract/answers.ts'
import { copyJsonInTurns, equalJson, type Json } from '../contract/json.ts'
import type { Operation } from '../contract/operations.ts'
import type { PendingQuestion } from '../contract/result.ts'
import { makeOperationId } from '../durability/operation-ids.ts'
import type { Verdict } from '../durability/records.ts'
import { errorId } from '../support/describe.ts'
import { askPeople } from './ask-people.ts'
import type { CheckedInput, GatedCall, RunnableCall, SettledCall } from './check-calls.ts'
import { checkFirst, type FirstCheck } from './check-input.ts'
import { sortAsFirstRelease } from './first-release.ts'
import { isGuarded, tellsOrigins } from './guard/is-guarded.ts'
import type { judgeCall } from './guard/judge-call.ts'
import { type LoopRun, withinTimeLimit } from './loop-run.ts'
import { makeQuestion } from './make-question.ts'

/** The calls of a step by what their gates said. */
export interface SortedCalls {
  readonly free: readonly RunnableCall[]
  readonly gated: readonly GatedCall[]
  readonly invalid: readonly SettledCall<RunnableCall>[]
}

/** True for a call of a tool that may ask a person, and for one that the guard decides about. */
export function hasGate(run: LoopRun, call: RunnableCall): boolean {
  const { needsApproval, ask } = call.tool
  return needsApproval !== false || ask !== undefined || isGuarded(run, call)
}

/** Checks the inputs of calls with a gate, once, and asks the caller's code which of them a person has to approve. */
export async function sortByGate(run: LoopRun, calls: readonly RunnableCall[]): Promise<SortedCalls> {
  const asking = calls.filter((call) => hasGate(run, call))
  const free = calls.filter((call) => !asking.includes(call))
  if (run.operations.version === 1) {
    const sorted = await sortAsFirstRelease(run, asking)
    return { free: inCallOrder([...free, ...sorted.free]), gated: sorted.gated, invalid: [] }
  }
  const gated: GatedCall[] = []
  const invalid: SettledCall<RunnableCall>[] = []
  const verdicts = await performVerdicts(
    run,
    asking.map((call) => gateOperation(run, call)),
  )
  for (const [index, call] of asking.entries()) {
    const read = readVerdict(verdicts[index])
    const { verdict, checked } = read
    if (checked === undefined) invalid.push(invalidCall(call, read))
    else if (checked.verdict === 'free') free.push({ ...call, checked })
    else gated.push({ call: { ...call, checked }, ...('question' in verdict && verdict.question !== undefined && { question: verdict.question }) })
  }
  return { free: inCallOrder(free), gated, invalid }
}

/** What people said about calls, or the questions that nobody has answered yet. */
export type AskedApprovals = { readonly pending: readonly PendingQuestion[] } | Approved

interface Approved {
  readonly approved: readonly RunnableCall[]
  readonly refused: readonly SettledCall<RunnableCall>[]
}

/** Asks people about calls. An approved call has exactly the input that the person approved. */
export async function askForApproval(run: LoopRun, gated: readonly GatedCall[]): Promise<AskedApprovals> {
  const asked = await askPeople(
    run,
    gated.map((item) => approvalQuestion(run, item)),
  )
  if ('pending' in asked) return asked
  const approved: RunnableCall[] = []
  const edited: RunnableCall[] = []
  const refused: SettledCall<RunnableCall>[] = []
  for (const [index, item] of gated.entries()) {
    const answer = asked.answers[index]
    const approval = readApproval(answer?.value ?? null)
    const refusal = refusalOf(item, approval)
    if (refusal !== undefined)
      refused.push({ call: item.call, output: { status: 'denied', text: refusal }, ms: 0, replayed: answer?.replayed ?? false, at: answer?.at })
    else if (approval.approve && approval.input !== undefined) edited.push(withAnswer({ ...item.call, input: approval.input }, approval))
    else {
      approved.push(withAnswer(item.call, approval))
      if (answer !== undefined) grantTargets(run, item.call, { approval, replayed: answer.replayed })
    }
  }
  const checked = run.operations.version === 1 ? { approved: edited, refused: [] } : await checkEdited(run, edited)
  return { approved: inCallOrder([...approved, ...checked.approved]), refused: [...refused, ...checked.refused] }
}

/** Asks people about calls, and returns the questions that nobody has answered yet. Nothing follows the answers by now. */
export async function pendingApprovals(run: LoopRun, gated: readonly GatedCall[]): Promise<readonly PendingQuestion[]> {
  if (gated.length === 0) return []
  const asked = await askPeople(
    run,
    gated.map((item) => approvalQuestion(run, item)),
  )
  return 'pending' in asked ? asked.pending : []
}

/**
 * Whether a call that its gate let pass would have to be approved now. An unsigned state may have been changed since the gate was asked.
 */
export async function isGateClosedNow(
  run: LoopRun,
  call: RunnableCall,
  { value, signal }: { readonly value: unknown; readonly signal: AbortSignal },
): Promise<boolean> {
  const { tool, checked } = call
  if (checked?.verdict !== 'free' || !checked.replayed) return false
  if ((await askGate(run, tool, { live: value, isExact: checked.isExact })).verdict !== 'free') return true
  if (!isGuarded(run, call)) return false
  const { judgeFlow } = await import('./guard/judge-call.ts')
  return (await judgeFlow(run, call, { value: { live: value, recorded: checked }, signal })).decision !== 'allow'
}

// Checking runs the caller's schema, and the gate is the caller's code: both are recorded.
function gateOperation(run: LoopRun, call: RunnableCall): Operation<Verdict> {
  const { step, index, tool } = call
  const id = makeOperationId({ type: 'needs-approval', step, index })
  return verdictOperation({ id, name: `needs-approval ${tool.name}` }, async (signal) => {
    if (call.gone !== undefined) return goneVerdict(call.gone)
    const check = await checkInTime(run, call, { id, signal })
    if (!check.ok) return { verdict: 'invalid', message: check.message }
    const gate = await withinTimeLimit(run, signal, () => askGate(run, tool, { live: check.live, isExact: check.recorded.isExact }))
    const judged = await withGuard(run, call, { gate: gate === 'late' ? { verdict: 'ask' } : gate, value: check, signal })
    return judged.verdict === 'invalid' ? judged : { ...judged, ...check.recorded }
  })
}

// Its code is loaded with the first such call: most runs read nothing that is labelled.
async function withGuard(run: LoopRun, call: RunnableCall, given: Parameters<typeof judgeCall>[2]): ReturnType<typeof judgeCall> {
  if (!isGuarded(run, call) && (given.gate.verdict === 'free' || !tellsOrigins(run))) return given.gate
  const { judgeCall } = await import('./guard/judge-call.ts')
  return await judgeCall(run, call, given)
}

/** An input that a person gave instead of the model's gets a verdict of its own. */
async function checkEdited(run: LoopRun, calls: readonly RunnableCall[]): Promise<Approved> {
  const operations = calls.map((call): Operation<Verdict> => {
    const { step, index, tool } = call
    const id = makeOperationId({ type: 'edited', step, index })
    return verdictOperation({ id, name: `edited ${tool.name}` }, async (signal) => {
      if (call.gone !== undefined) return goneVerdict(call.gone)
      const check = await checkInTime(run, call, { id, signal })
      return check.ok ? { verdict: 'edited', ...check.recorded } : { verdict: 'invalid', message: check.message }
    })
  })
  const verdicts = await performVerdicts(run, operations)
  const approved: RunnableCall[] = []
  const refused: SettledCall<RunnableCall>[] = []
  for (const [index, call] of calls.entries()) {
    const read = readVerdict(verdicts[index])
    if (read.checked === undefined) refused.push(invalidCall(call, read))
    else approved.push({ ...call, checked: read.checked })
  }
  return { approved, refused }
}

async function checkInTime(run: LoopRun, call: RunnableCall, { id, signal }: { readonly id: string; readonly signal: AbortSignal }): Promise<FirstCheck> {
  const check = await withinTimeLimit(run, signal, () => checkFirst(run, call, id))
  return check === 'late' ? { ok: false, message: 'Not run: its input was not checked within the time limit of the run.' } : check
}

type NamedOperation = Pick<Operation<Verdict>, 'id' | 'name'>

function verdictOperation(named: NamedOperation, body: (signal: AbortSignal) => Promise<Verdict>): Operation<Verdict> {
  return {
    ...named,
    effect: 'read',
    run: async ({ signal }) => {
      try {
        return await body(signal)
      } catch (error) {
        signal.throwIfAborted()
        return { verdict: 'invalid', message: `Not run: its input could not be checked (error id ${errorId(error)}).` }
      }
    },
  }
}

interface RecordedVerdict {
  readonly operation: string
  readonly verdict: Verdict
  readonly replayed: boolean
  readonly at?: number | undefined
}

async function performVerdicts(run: LoopRun, operations: readonly Operation<Verdict>[]): Promise<readonly RecordedVerdict[]> {
  if (operations.length === 0) return []
  const outcomes = await run.operations.perform(operations)
  run.ledger.addBatchTime(outcomes)
  return operations.map(({ id }, index) => {
    const outcome = outcomes[index]
    if (outcome?.status === 'done') return { operation: id, verdict: outcome.output, replayed: outcome.replayed, at: outcome.at }
    return { operation: id, verdict: { verdict: 'invalid', message: 'Not run: its input was not checked.' }, replayed: false }
  })
}

function readVerdict(recorded: RecordedVerdict | undefined): Omit<RecordedVerdict, 'operation'> & { readonly checked?: CheckedInput } {
  if (recorded === undefined) throw new RangeError('Each call has a verdict.')
  const { operation, ...read } = recorded
  if (read.verdict.verdict === 'invalid') return read
  const { question: _, ...checked } = read.verdict
  return { ...read, checked: { operation, replayed: read.replayed, ...checked } }
}

function goneVerdict(message: string): Verdict {
  return { verdict: 'invalid', message, status: 'unknown-tool' }
}

function invalidCall(call: RunnableCall, { verdict, replayed, at }: Omit<RecordedVerdict, 'operation'>): SettledCall<RunnableCall> {
  const { message, status = 'invalid-input' } = verdict.verdict === 'invalid' ? verdict : { message: '' }
  return { call, output: { status, text: message }, ms: 0, replayed, at }
}

/** What the gate of a tool says of a checked value. Without a clear no, a person is asked. */
async function askGate(
  run: LoopRun,
  tool: RunnableCall['tool'],
  { live, isExact }: { readonly live: unknown; readonly isExact: boolean },
): Promise<{ readonly verdict: 'free' | 'ask'; readonly question?: Json }> {
  // The caller's code gets a copy where there can be one, and its context has the type that its tools ask for: `Agent<Context>` checks it.
  const shown = async (): Promise<unknown> => (isExact ? await copyJsonInTurns(live as Json) : live)
  const context = run.context as never
  try {
    const question = tool.ask && (await tool.ask(await shown(), context))
    // A copy, as records are JSON.
    if (question !== undefined && question !== null) return { verdict: 'ask', question: JSON.parse(JSON.stringify(question)) as Json }
    const isAsked = typeof tool.needsApproval === 'function' ? (await tool.needsApproval(await shown(), context)) !== false : tool.needsApproval
    return { verdict: isAsked ? 'ask' : 'free' }
  } catch {
    return { verdict: 'ask' }
  }
}

/**
 * Asks whether a call may run, or what its tool asks. The question holds the exact input and what binds it to the tool, so an answer fits
 * only these. Answering what a tool asks approves the call too.
 */
function approvalQuestion(run: LoopRun, { call, question }: GatedCall): PendingQuestion {
  const { tool, checked } = call
  const asked = question === undefined ? {} : { question }
  // Where the schema changes the input, by a default or a transformation, people see what the tool gets, too.
  const value = checked === undefined || equalJson(checked.value, call.input) ? {} : { value: checked.value }
  const references = checked?.references === undefined ? {} : { references: checked.references }
  const why = { ...(checked?.guard === 'ask' && { flow: checked.flow }), ...(checked?.origins !== undefined && { origins: checked.origins }) }
  const made = makeQuestion(run, call, { type: question === undefined ? 'approval' : 'question', details: { ...references, ...value, ...asked, ...why } })
  return tool.expiresInMs === undefined || run.operations.version === 1 ? made : { ...made, expiresInMs: tool.expiresInMs }
}

// Why the call does not run; `undefined` when it may.
function refusalOf({ question }: GatedCall, approval: Approval): string | undefined {
  if (!approval.approve) {
    if (approval.expired === true) return 'Not run: nobody approved this call in time.'
    return `Not run: a person denied this call${approval.reason ? `: ${approval.reason}` : '.'}`
  }
  return question !== undefined && approval.answer === undefined ? 'Not run: its question was not answered.' : undefined
}

// In an unsigned state others may have added the wider choice to an approval that was obeyed, so it counts only once.
function grantTargets(
  run: LoopRun,
  { tool, checked }: RunnableCall,
  { approval, replayed }: { readonly approval: Approval; readonly replayed: boolean },
): void {
  if (!approval.approve || approval.forTarget !== true || (replayed && run.recheckGates)) return
  run.grants.grant(tool.name, checked?.guard === 'ask' ? (checked.flow?.targets ?? []).map(({ target }) => target) : [])
}

function withAnswer(call: RunnableCall, approval: Approval): RunnableCall {
  return approval.approve && approval.answer !== undefined ? { ...call, answer: approval.answer } : call
}

function inCallOrder(calls: readonly RunnableCall[]): RunnableCall[] {
  return [...calls].sort((left, right) => left.index - right.index)
}
