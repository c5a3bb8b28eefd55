/**
 * Position of an operation or a question in its run. Steps, attempts and rounds count from 1; `index` is the position of a tool call
 * in its message and counts from 0.
 */
export type OperationPosition = OwnPosition & {
  /** Of an operation of a child: the calls that the child runs under, the outermost first. At most `maxChildDepth`. */
  readonly path?: readonly CallPosition[]
}

/** Position of an operation or a question in the run or the child that performs it. */
type OwnPosition =
  /** The first operation of a run. */
  | { readonly type: 'start' }
  /** Taking the place in a session and reading it; adding to it. Only on engines. */
  | { readonly type: 'session-read' }
  | { readonly type: 'session-append' }
  /** One request of a step, or of the closing request at a limit. */
  | { readonly type: 'model'; readonly step: ModelStep; readonly attempt: number }
  /** One request for a summary of the history, made before the request of a step. */
  | { readonly type: 'summary'; readonly step: number; readonly attempt: number }
  /** `prepareStep`, `stopWhen`, the check of the final answer against its schema, and which tools the calls of a step mean. */
  | { readonly type: 'prepare' | 'stop' | 'output' | 'resolve'; readonly step: number }
  /** The execution of a tool call. `round` is 0; after an unknown outcome it is the number of the repetition. */
  | (CallPosition & { readonly type: 'call'; readonly round: number })
  /** Whether a person must be asked about a call; the check of an input that a person gave instead of the model's. */
  | (CallPosition & { readonly type: 'needs-approval' | 'edited' })
  /** The result of a call that an agent answered. */
  | (CallPosition & { readonly type: 'result' })
  /** A question to a person: whether a call may run, or what its tool asks. */
  | (CallPosition & { readonly type: 'approval' | 'question' })
  /** A question to a person: what became of a call whose outcome is unknown. */
  | (CallPosition & { readonly type: 'outcome'; readonly round: number })

/** The number of the step that a request belongs to; `closing` for the one at a limit, which belongs to the step after the last. */
export type ModelStep = number | 'closing'

/** Position of a tool call in its run. */
export interface CallPosition {
  readonly step: number
  readonly index: number
}

/** How deep children may be nested. It bounds the length of ids: at most 45 characters a level. */
export const maxChildDepth = 8

/**
 * Makes the id of an operation or a question, such as `steps/2/tools/0/approval`, or `steps/3/tools/1/steps/2/tools/0/approval` of a child.
 * Records are looked up by it, so it is the same in every replay and in every release.
 */
export function makeOperationId({ path = [], ...position }: OperationPosition): string {
  return path.map(makePrefix).join('') + makeOwnId(position)
}

/**
 * Makes the id that an operation of a child has in its parent.
 *
 * @param call - The call of the parent that the child answers.
 * @param id - What the child calls its operation: an id that `makeOperationId` made.
 * @throws {RangeError} For any other text, and for a child that is nested deeper than `maxChildDepth`.
 */
export function makeChildId(call: CallPosition, id: string): string {
  const made = makePrefix(call) + id
  if (parseOperationId(id) === undefined || parseOperationId(made) === undefined) throw new RangeError(`No child has an operation '${made.slice(0, 400)}'.`)
  return made
}

/** Makes the run id that a child has for its own operations: their keys are then those of its run. */
export function makeChildRunId(runId: string, { step, index }: CallPosition): string {
  return makeOperationKey(runId, makeOwnId({ type: 'call', step, index, round: 0 }))
}

/**
 * Makes the key of a call: that of its `tool-start` and `tool-end` events. A `tool-call-delta` event has only `step` and `index`.
 *
 * @param within - For an event of an agent inside the run, the key of the call that the agent answers.
 * @throws {RangeError} For a `within` that is not the key of a call, and for a step or an index that no call has.
 */
export function callKeyOf({ step, index }: CallPosition, within?: string): string {
  const outer = within === undefined ? undefined : parseOperationId(within)
  if (within !== undefined && outer?.type !== 'call') throw new RangeError(`No call has the key '${within.slice(0, 400)}'.`)
  const path = outer?.type === 'call' ? [...(outer.path ?? []), { step: outer.step, index: outer.index }] : []
  const key = makeOperationId({ type: 'call', step, index, round: 0, path })
  if (parseOperationId(key) === undefined) throw new RangeError(`No call has the position ${step}, ${index}.`)
  return key
}

/**
 * Makes the id of something of a run that is unique over runs, for protocols and pages on which several runs meet. A key, such as that of a
 * call, is unique only in its run.
 */
export function wireIdOf(runId: string, key: string): string {
  return `${runId}:${key}`
}

/** Reads an id that `wireIdOf` made of a key without a colon, as the keys of calls are; `undefined` for any other text. */
export function parseWireId(id: string): { readonly runId: string; readonly key: string } | undefined {
  const end = id.lastIndexOf(':')
  return end < 1 || end === id.length - 1 ? undefined : { runId: id.slice(0, end), key: id.slice(end + 1) }
}

function makePrefix({ step, index }: CallPosition): string {
  return `${makeOwnId({ type: 'call', step, index, round: 0 })}/`
}

function makeOwnId(position: OwnPosition): string {
  if (position.type === 'start') return 'start'
  if (position.type === 'session-read') return 'session/read'
  if (position.type === 'session-append') return 'session/append'
  const { type, step } = position
  switch (type) {
    case 'model':
      return step === 'closing' ? `closing/model/${position.attempt}` : `steps/${step}/model/${position.attempt}`
    case 'summary':
      return `steps/${step}/summary/${position.attempt}`
    case 'prepare':
    case 'stop':
    case 'output':
    case 'resolve':
      return `steps/${step}/${type}`
    case 'call':
      return position.round === 0 ? `steps/${step}/tools/${position.index}` : `steps/${step}/tools/${position.index}/again/${position.round}`
    case 'outcome':
      return `steps/${step}/tools/${position.index}/outcome/${position.round}`
    default:
      return `steps/${step}/tools/${position.index}/${type}`
  }
}

// At most 15 digits: every such number is exact in JavaScript.
const number = '([1-9]\\d{0,14})'
const pattern = new RegExp(
  `^(?:closing/model/${number}|steps/${number}/(?:(model|summary)/${number}|(prepare|stop|output|resolve)|` +
    `tools/(0|[1-9]\\d{0,14})(?:/(needs-approval|edited|approval|question|result)|/(again|outcome)/${number})?))$`,
)

// No id of a parent's own begins so: what may follow the id of its call are other words.
const prefix = /^steps\/([1-9]\d{0,14})\/tools\/(0|[1-9]\d{0,14})\/(?=start$|closing\/|steps\/)/

/**
 * Reads an id that `makeOperationId` made.
 *
 * @returns `undefined` for any other text. Only a position of a child has a `path`.
 */
export function parseOperationId(id: string): OperationPosition | undefined {
  const path: CallPosition[] = []
  let rest = id
  for (let match = prefix.exec(rest); match !== null; match = prefix.exec(rest)) {
    if (path.length >= maxChildDepth) return undefined
    path.push({ step: Number(match[1]), index: Number(match[2]) })
    rest = rest.slice(match[0].length)
  }
  const own = parseOwnId(rest)
  return own === undefined || path.length === 0 ? own : { ...own, path }
}

/** True for an operation or a question of a child. */
export function isOfChild(id: string): boolean {
  return parseOperationId(id)?.path !== undefined
}

function parseOwnId(id: string): OwnPosition | undefined {
  if (id === 'start') return { type: 'start' }
  if (id === 'session/read') return { type: 'session-read' }
  if (id === 'session/append') return { type: 'session-append' }
  const match = pattern.exec(id)
  if (match === null) return undefined
  const [, closingAttempt, stepText, request, attempt, hook, indexText, suffix, repeated, roundText] = match
  if (closingAttempt !== undefined) return { type: 'model', step: 'closing', attempt: Number(closingAttempt) }
  const step = Number(stepText)
  // The pattern ensures that each literal below has one of its allowed values.
  if (attempt !== undefined) return { type: request as 'model' | 'summary', step, attempt: Number(attempt) }
  if (hook !== undefined) return { type: hook as 'prepare' | 'stop' | 'output' | 'resolve', step }
  const call: CallPosition = { step, index: Number(indexText) }
  if (suffix !== undefined) return { type: suffix as 'needs-approval' | 'edited' | 'approval' | 'question' | 'result', ...call }
  return { type: repeated === 'outcome' ? 'outcome' : 'call', ...call, round: Number(roundText ?? 0) }
}

/** Makes the idempotency key of an operation: unique over runs, and the same for every repetition of the operation. */
export function makeOperationKey(runId: string, id: string): string {
  return `${runId}/${id}`
}

/** Makes the name under which an engine records an operation, such as `steps/1/tools/0 tool pay`. */
export function makeStepName(id: string, name: string): string {
  return `${id} ${name}`
}
