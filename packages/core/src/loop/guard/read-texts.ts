import type { Label } from '../../contract/flow.ts'
import { joinLabels, type Labelled } from '../../contract/labels.ts'
import type { Message, UserMessage } from '../../contract/messages.ts'
import type { LoopRun } from '../loop-run.ts'

/** A text that the run has read, and its labels. */
export interface ReadText {
  /** The id of a result, or `messages/0` for a message of the input. */
  readonly id: string
  readonly text: string
  readonly labels: readonly Label[]
}

/**
 * What the caller's user wrote: texts of user messages of the input without labels. Summaries and messages of the loop are not among them. An agent
 * that answers a call has the texts of the run that began it all: what it is asked was written by a model.
 */
export function userTexts(run: LoopRun): readonly string[] {
  if (run.child !== undefined) return userTexts(run.child.parent)
  return run.transcript.messages.flatMap((message) => (isOfUser(message) ? textsIn(message).filter(isTrusted) : [])).map(({ text }) => text)
}

/** The results and labelled messages that the run has read, and those of the runs that called it: the newest first. */
export function readTexts(run: LoopRun): readonly ReadText[] {
  const own = run.transcript.messages.flatMap((message, index): readonly ReadText[] => {
    if (message.role === 'tool') {
      const [{ id, toolCallId, text, labels = [] }] = message.content
      return [{ id: id ?? toolCallId, text, labels }]
    }
    if (message.role !== 'user') return []
    return textsIn(message)
      .filter((text) => !isTrusted(text))
      .map(({ text, labels }) => ({ id: `messages/${index}`, text, labels }))
  })
  return [...own.toReversed(), ...(run.child === undefined ? [] : readTexts(run.child.parent))]
}

function isOfUser(message: Message): message is UserMessage {
  return message.role === 'user' && message.origin === undefined && message.summary === undefined
}

function isTrusted({ labels }: Required<Labelled>): boolean {
  return labels.length === 0
}

function textsIn({ content, labels }: UserMessage): readonly Omit<ReadText, 'id'>[] {
  if (typeof content === 'string') return [{ text: content, labels: joinLabels(labels) }]
  return content.flatMap((part) => (part.type === 'text' ? [{ text: part.text, labels: joinLabels(labels, part.labels) }] : []))
}
