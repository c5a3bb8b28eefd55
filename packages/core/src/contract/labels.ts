import type { Label } from './flow.ts'
import type { Message } from './messages.ts'

const none: readonly Label[] = []
/** All labels, in the order in which lists have them. */
export const allLabels: readonly Label[] = ['untrusted', 'secret']

/** Anything that may carry labels. */
export interface Labelled {
  readonly labels?: readonly Label[]
}

/** Labels as a list in a fixed order; the same list for the same labels. */
export function joinLabels(...lists: readonly (readonly Label[] | undefined)[]): readonly Label[] {
  const given = lists.flatMap((labels) => labels ?? none)
  return given.length === 0 ? none : allLabels.filter((label) => given.includes(label))
}

/** The labels of a message and of its parts. */
export function labelsOf(message: Message): readonly Label[] {
  const { labels } = message as Labelled
  if (typeof message.content === 'string') return labels ?? none
  // Messages and parts of types that have no labels carry none.
  const parts = message.content as readonly Labelled[]
  return parts.some((part) => part.labels !== undefined) ? joinLabels(labels, ...parts.map((part) => part.labels)) : (labels ?? none)
}

/** The value with these labels added; the value itself where there are none. */
export function withLabels<Value extends object>(value: Value & Labelled, labels: readonly Label[]): Value & Labelled {
  return labels.length === 0 ? value : { ...value, labels: joinLabels(value.labels, labels) }
}

/** Why this value is not a list of labels; `undefined` if it is one. */
export function labelsProblem(labels: unknown): string | undefined {
  if (labels === undefined || (Array.isArray(labels) && labels.every((label) => allLabels.some((known) => known === label)))) return undefined
  return `has labels other than a list of '${allLabels.join("' and '")}'.`
}
