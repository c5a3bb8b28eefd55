import type { Json } from '@capstan/core'
import type { ServerEvent, ServerQuestion } from './protocol.ts'

export type { OpenQuestion, ServerAnswer, ServerEvent, ServerQuestion, ServerRun, ServerSession } from './protocol.ts'

/** A call of a tool, as a page shows it. */
export interface CallView {
  /** Unique in the run. */
  readonly key: string
  readonly toolName: string
  readonly input: Json
  /** `waiting`: not begun, or a person has to decide. Then how it ended, in the words of the framework: `ok`, `error`, `denied`, and more. */
  readonly status: 'waiting' | 'running' | (string & {})
  /** What the model got; empty until the call has ended. */
  readonly text: string
  /** The last that the tool reported. */
  readonly progress?: Json
  /** What a person has to decide about the call. */
  readonly question?: ServerQuestion
}

/** A step of the run: what the model wrote, and the calls that it asked for. */
export interface StepView {
  /** Counts from 1 within its agent. */
  readonly step: number
  /** The agent inside the run that the step is of; empty for the run itself. */
  readonly path: readonly string[]
  readonly reasoning: string
  readonly text: string
  readonly calls: readonly CallView[]
  /** True while the model writes. */
  readonly isWriting: boolean
}

/** Everything that a page shows of a run. */
export interface RunView {
  readonly steps: readonly StepView[]
  /** `running` until the run has ended or waits; then the status of its end, `stopped`, or `failed`. */
  readonly status: 'running' | 'paused' | 'stopped' | 'failed' | (string & {})
  /** Why the run ended or waits. */
  readonly stopReason?: Extract<ServerEvent, { type: 'run-end' }>['stopReason']
  /** What people have to decide. */
  readonly pending: readonly ServerQuestion[]
  readonly usage?: Extract<ServerEvent, { type: 'run-end' }>['usage']
  readonly cost?: Extract<ServerEvent, { type: 'run-end' }>['cost']
  readonly error?: { readonly code: string; readonly message: string }
}

/** A run of which nothing has come yet. */
export const emptyView: RunView = { steps: [], status: 'running', pending: [] }

/** Adds an event to a view. Pure: the view that it is given stays as it is. */
export function applyEvent(view: RunView, event: ServerEvent): RunView {
  switch (event.type) {
    case 'restart':
      return emptyView
    case 'step-start':
      return inStep(running(view), event, (step) => ({ ...step, isWriting: true }))
    case 'text-delta':
      return inStep(view, event, (step) => ({ ...step, text: step.text + event.delta, isWriting: true }))
    case 'reasoning-delta':
      return inStep(view, event, (step) => ({ ...step, reasoning: step.reasoning + event.delta, isWriting: true }))
    case 'step-retry':
      return inStep(view, event, (step) => ({ ...step, text: '', reasoning: '' }))
    case 'message-end':
      return inStep(running(view), event, (step) => withMessage(step, event))
    case 'tool-start':
      return withCall(running(view), event, ({ question: _, ...call }) => ({ ...call, input: event.input, status: 'running' }))
    case 'tool-progress':
      return withCall(view, event, (call) => ({ ...call, progress: event.data }))
    case 'tool-end':
      return withCall(running(view), event, ({ question: _, ...call }) => ({ ...call, status: event.status, text: event.text }))
    case 'run-end':
      return atEnd(view, event)
    case 'run-error':
      return { ...idle(view), status: 'failed', pending: [], error: { code: event.code, message: event.message } }
    default:
      return view
  }
}

/** A run that was paused continues. */
function running(view: RunView): RunView {
  return view.status === 'paused' ? { ...view, status: 'running', pending: [] } : view
}

function atEnd(view: RunView, { status, stopReason, pending = [], usage, cost }: Extract<ServerEvent, { type: 'run-end' }>): RunView {
  const isStopped = stopReason === 'aborted' || stopReason === 'stopped'
  const ended: RunView = { ...idle(view), status: isStopped ? 'stopped' : status, stopReason, pending, usage, ...(cost !== undefined && { cost }) }
  return { ...ended, steps: ended.steps.map((step) => ({ ...step, calls: step.calls.map((call) => withQuestion(call, pending)) })) }
}

function withQuestion({ question: _, ...call }: CallView, pending: readonly ServerQuestion[]): CallView {
  const question = pending.find(({ key }) => key === call.key)
  return question === undefined ? call : { ...call, status: 'waiting', question }
}

function idle(view: RunView): RunView {
  return { ...view, steps: view.steps.map((step) => (step.isWriting ? { ...step, isWriting: false } : step)) }
}

function withMessage(step: StepView, { parts }: Extract<ServerEvent, { type: 'message-end' }>): StepView {
  const textOf = (type: 'text' | 'reasoning'): string => parts.map((part) => (part.type === type ? part.text : '')).join('')
  const calls = parts.flatMap((part, index): readonly CallView[] => {
    if (part.type !== 'tool-call') return []
    const key = part.key ?? `${[...step.path, step.step].join('/')}/${index}`
    const known = step.calls.find((call) => call.key === key)
    return [known ?? { key, toolName: part.toolName, input: part.input, status: 'waiting', text: '' }]
  })
  // Calls of agents inside the run are known by their own events.
  return { ...step, text: textOf('text'), reasoning: textOf('reasoning'), isWriting: false, calls: step.path.length === 0 ? calls : step.calls }
}

type At = Pick<StepView, 'step'> & { readonly path?: readonly string[] }

function inStep(view: RunView, { step, path = [] }: At, change: (step: StepView) => StepView): RunView {
  const index = view.steps.findLastIndex((known) => known.step === step && known.path.join('\n') === path.join('\n'))
  if (index >= 0) return { ...view, steps: view.steps.map((known, position) => (position === index ? change(known) : known)) }
  return { ...view, steps: [...view.steps, change({ step, path, reasoning: '', text: '', calls: [], isWriting: false })] }
}

function withCall(view: RunView, event: At & { readonly key: string; readonly toolName: string }, change: (call: CallView) => CallView): RunView {
  return inStep(view, event, (step) => {
    const { key, toolName } = event
    const isKnown = step.calls.some((call) => call.key === key)
    const calls: readonly CallView[] = isKnown ? step.calls : [...step.calls, { key, toolName, input: null, status: 'waiting', text: '' }]
    return { ...step, calls: calls.map((call) => (call.key === key ? change(call) : call)) }
  })
}
