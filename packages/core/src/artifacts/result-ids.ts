import type { CompleteResult, Message, ResultKey, ToolResultPart } from '../contract/messages.ts'
import type { CallPosition } from '../durability/operation-ids.ts'

/** Position of a result in its conversation: steps count from 1 over all runs of it, calls of a step from 0. */
export interface ResultPosition extends CallPosition {
  /** Of a result of a child: the results that the child works for, the outermost first. */
  readonly path?: readonly CallPosition[]
}

/** A result that can be found again. */
export interface IdentifiedResult {
  readonly id: string
  readonly key: ResultKey
  /** What is known of the complete value. Absent where the text of the result holds all of it. */
  readonly complete?: CompleteResult
}

// At most 15 digits: every such number is exact in JavaScript.
const position = '([1-9]\\d{0,14})\\.(0|[1-9]\\d{0,14})'
const pattern = new RegExp(`^r${position}(?:\\.${position})*$`)
const positions = new RegExp(position, 'g')

/** Makes the id of a result, such as `r12.0`, or `r12.0.2.1` of a child that works for `r12.0`. */
export function makeResultId({ path = [], step, index }: ResultPosition): string {
  return `r${[...path, { step, index }].map((call) => `${call.step}.${call.index}`).join('.')}`
}

/** Reads an id that `makeResultId` made; `undefined` for any other text. */
export function parseResultId(id: string): ResultPosition | undefined {
  if (!pattern.test(id)) return undefined
  const path = [...id.matchAll(positions)].map(([, step, index]): CallPosition => ({ step: Number(step), index: Number(index) }))
  const own = path.pop()
  return own === undefined ? undefined : { ...own, ...(path.length > 0 && { path }) }
}

/**
 * The highest step that results of a conversation are numbered by; 0 without results.
 *
 * @param path - The results that the conversation works for; empty for that of a run.
 */
export function lastResultStep(messages: readonly Message[], path: readonly CallPosition[]): number {
  let last = 0
  for (const id of idsIn(messages)) {
    const found = id === undefined ? undefined : parseResultId(id)
    if (found !== undefined && isSamePath(found.path ?? [], path)) last = Math.max(last, found.step)
  }
  return last
}

/** Ids in results, and in the lists of calls that take the place of results. */
function idsIn(messages: readonly Message[]): readonly (string | undefined)[] {
  return messages.flatMap((message) => {
    if (message.role === 'tool') return message.content[0].id
    return message.role === 'user' && message.summary !== undefined ? message.summary.calls.map(({ id }) => id) : []
  })
}

/** The results in messages that can be found again, in order: what a store of conversations has to keep the values of. */
export function resultsIn(messages: readonly Message[]): readonly IdentifiedResult[] {
  return partsOf(messages).flatMap(({ id, key, complete }) =>
    id === undefined || key === undefined ? [] : [{ id, key, ...(complete !== undefined && { complete }) }],
  )
}

/** All results in messages, in order. */
export function partsOf(messages: readonly Message[]): readonly ToolResultPart[] {
  return messages.flatMap((message) => (message.role === 'tool' ? message.content : []))
}

function isSamePath(left: readonly CallPosition[], right: readonly CallPosition[]): boolean {
  return left.length === right.length && left.every(({ step, index }, level) => step === right[level]?.step && index === right[level]?.index)
}
