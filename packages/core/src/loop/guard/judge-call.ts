import type { AskedFlow, Flow, FlowTarget, GuardDecision, GuardFunction, Label, Target } from '../../contract/flow.ts'
import { copyJsonInTurns, isJsonObject, type Json } from '../../contract/json.ts'
import type { Verdict } from '../../durability/records.ts'
import type { RunnableCall } from '../check-calls.ts'
import type { FirstCheck } from '../check-input.ts'
import { type LoopRun, withinTimeLimit } from '../loop-run.ts'
import type { TaintSource } from '../state/taint.ts'
import { fieldOrigins } from './field-origins.ts'
import { isGuarded } from './is-guarded.ts'
import { isNamed } from './named-target.ts'
import { readTexts, userTexts } from './read-texts.ts'

/** Sources that a person is shown. */
const maxSources = 50

/** What the gate of the tool said. */
export interface GateVerdict {
  readonly verdict: 'free' | 'ask'
  readonly question?: Json
}

/** The checked value of an input. */
export type CheckedValue = Pick<Extract<FirstCheck, { ok: true }>, 'live'> & {
  readonly recorded: Pick<Extract<FirstCheck, { ok: true }>['recorded'], 'value' | 'isExact' | 'references'>
}

/** What the guard decided about a call, and why. */
interface Judgement {
  readonly decision: GuardDecision
  readonly flow: AskedFlow
}

/** The verdict about a call in a run that has read something labelled. Called inside the operation that records it. */
export async function judgeCall(
  run: LoopRun,
  call: RunnableCall,
  given: { readonly gate: GateVerdict; readonly value: CheckedValue; readonly signal: AbortSignal },
): Promise<(Pick<Extract<Verdict, { value: Json }>, 'guard' | 'flow' | 'origins'> & GateVerdict) | Extract<Verdict, { verdict: 'invalid' }>> {
  const { gate, value, signal } = given
  if (!isGuarded(run, call)) return { ...gate, origins: await originsFor(run, value) }
  const { decision, flow } = await judgeFlow(run, call, { value, signal })
  if (decision === 'deny') return { verdict: 'invalid', status: 'denied', message: deniedText(run, flow) }
  const verdict = decision === 'ask' ? 'ask' : gate.verdict
  return { ...gate, verdict, guard: decision, flow, ...(verdict === 'ask' && { origins: await originsFor(run, value) }) }
}

/** Decides about a guarded call. */
export async function judgeFlow(
  run: LoopRun,
  call: RunnableCall,
  { value, signal }: { readonly value: CheckedValue; readonly signal: AbortSignal },
): Promise<Judgement> {
  const targets = await targetsOf(run, call, value)
  const reaches = call.declared?.reaches ?? []
  const sources = run.taint.sources.filter(({ labels }) => labels.includes('untrusted') || reaches.includes('external'))
  const flow = { reaches, targets, ...shownSources(sources) }
  const isNamedBy = (...from: readonly FlowTarget['from'][]): boolean => targets.length > 0 && targets.every((target) => from.includes(target.from))
  const grounded = isNamedBy('user', 'owner')
  // A person has decided about these targets.
  if (!grounded && isNamedBy('user', 'owner', 'approved')) return { decision: 'allow', flow }
  const { guard, unattended } = run.config.flow ?? { guard: 'ask' }
  const decision =
    guard === 'function'
      ? await askFunction(run, { tool: call.tool.name, reaches, targets: targets.map(({ target }) => target), grounded, ...idsOf(sources) }, { value, signal })
      : grounded || guard === 'off'
        ? 'allow'
        : guard
  return { decision: decision === 'ask' && unattended === true ? 'deny' : decision, flow }
}

// The caller's code. Without targets that can be read the call has none, so it is not grounded.
async function targetsOf(run: LoopRun, { tool }: RunnableCall, value: CheckedValue): Promise<readonly FlowTarget[]> {
  if (tool.targets === undefined) return []
  try {
    const given: unknown = tool.targets((await shownValue(value)) as never)
    if (!Array.isArray(given) || !given.every(isTarget)) return []
    const texts = userTexts(run)
    return given.map((target) => describeTarget(target, { texts, isGranted: (name) => run.grants.has(tool.name, name) }))
  } catch {
    return []
  }
}

function isTarget(target: unknown): target is Target {
  return typeof target === 'string' || (isJsonObject(target) && typeof target['target'] === 'string')
}

interface Grounds {
  readonly texts: readonly string[]
  readonly isGranted: (target: string) => boolean
}

function describeTarget(given: Target, { texts, isGranted }: Grounds): FlowTarget {
  if (typeof given !== 'string') return given.allowed === true ? { target: given.target, from: 'owner' } : describeTarget(given['target'], { texts, isGranted })
  if (texts.some((text) => isNamed(given, text))) return { target: given, from: 'user' }
  return { target: given, from: isGranted(given) ? 'approved' : 'unknown' }
}

// The caller's code gets a copy where there can be one.
async function shownValue({ live, recorded }: CheckedValue): Promise<unknown> {
  return recorded.isExact ? await copyJsonInTurns(live as Json) : live
}

const decisions: readonly unknown[] = ['allow', 'ask', 'deny'] satisfies readonly GuardDecision[]

/** Without a clear answer, a person is asked. */
async function askFunction(
  run: LoopRun,
  flow: Omit<Flow, 'input'>,
  { value, signal }: { readonly value: CheckedValue; readonly signal: AbortSignal },
): Promise<GuardDecision> {
  const guard = functionOf(run)
  if (guard === undefined) return 'ask'
  try {
    const answered = await withinTimeLimit(run, signal, async () => ({
      decision: await guard({ ...flow, input: await copyJsonInTurns(value.recorded.value) }),
    }))
    return answered !== 'late' && decisions.includes(answered.decision) ? answered.decision : 'ask'
  } catch {
    signal.throwIfAborted()
    return 'ask'
  }
}

/** That of the agent, or of the one that called it. */
function functionOf({ agent, child }: LoopRun): GuardFunction | undefined {
  if (typeof agent.guard === 'function') return agent.guard
  return child === undefined ? undefined : functionOf(child.parent)
}

function idsOf(sources: readonly TaintSource[]): Pick<Flow, 'untrusted' | 'secret'> {
  const labelled = (label: Label): readonly string[] => sources.filter(({ labels }) => labels.includes(label)).map(({ id }) => id)
  return { untrusted: labelled('untrusted'), secret: labelled('secret') }
}

function shownSources(sources: readonly TaintSource[]): Pick<AskedFlow, 'sources' | 'more'> {
  const shown = sources.slice(0, maxSources).map(({ id, toolName, labels }) => ({ id, ...(toolName !== undefined && { toolName }), labels }))
  return { sources: shown, ...(sources.length > shown.length && { more: sources.length - shown.length }) }
}

async function originsFor(run: LoopRun, { recorded: { value, references = [] } }: CheckedValue): ReturnType<typeof fieldOrigins> {
  return await fieldOrigins(value, references, { user: userTexts(run), read: readTexts(run) })
}

const maxNamed = 3

/** Written for the model. */
function deniedText({ config }: LoopRun, { reaches, sources }: AskedFlow): string {
  const named = sources.slice(0, maxNamed).map(({ id, toolName }) => (toolName === undefined ? id : `${id} of ${toolName}`))
  const others = sources.length > named.length ? ' and others' : ''
  const kinds = ['untrusted', 'secret'].filter((label) => sources.some(({ labels }) => labels.some((own) => own === label)))
  const why = config.flow?.unattended === true ? 'nobody can be asked for approval in this run' : 'the guard of this agent does not allow it'
  return (
    `Not run: this call reaches ${reaches.join(', ')}, after ${kinds.join(' and ')} content was read (${named.join(', ')}${others}), and ${why}. ` +
    'Do not try it in another way. Continue without it, and say in your answer what was not done.'
  )
}
