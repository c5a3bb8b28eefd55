import { joinLabels, labelsOf, withLabels } from '../contract/labels.ts'
import { type HistorySummary, type Message, type ToolResultPart, textOf, type UserMessage } from '../contract/messages.ts'
import { makeLedger } from './ledger.ts'
import { charactersOf } from './sizes.ts'
import { summaryMessage } from './summary-message.ts'

/** What is kept when steps are replaced. */
export interface KeepRules {
  /** The last steps that stay, at most. */
  readonly keepSteps: number
  /** Characters that the steps that stay may have together; the last one stays whatever it has. */
  readonly keepCharacters: number
}

/** Messages in two parts: those that are replaced, and those that stay as they are. */
export interface Split {
  readonly replaced: readonly Message[]
  readonly kept: readonly Message[]
  /** Steps in each of them. */
  readonly replacedSteps: number
  readonly keptSteps: number
}

/** Divides messages so that the last steps stay; `undefined` where no step is left to replace. */
export function splitMessages(messages: readonly Message[], { keepSteps, keepCharacters }: KeepRules): Split | undefined {
  let cut = messages.length
  let keptSteps = 0
  let characters = 0
  for (let index = messages.length - 1; index >= 0 && keptSteps < keepSteps; index--) {
    const message = messages[index]
    if (message === undefined) continue
    characters += charactersOf(message)
    if (message.role !== 'assistant') continue
    if (keptSteps > 0 && characters > keepCharacters) break
    cut = index
    keptSteps++
  }
  // What the user said right before the first step that stays is newer than all that is replaced.
  while (isRequest(messages[cut - 1])) cut--
  const replaced = messages.slice(0, cut)
  const replacedSteps = replaced.filter(({ role }) => role === 'assistant').length
  return replacedSteps === 0 ? undefined : { replaced, kept: messages.slice(cut), replacedSteps, keptSteps }
}

function isRequest(message: Message | undefined): message is UserMessage {
  return message?.role === 'user' && message.summary === undefined
}

/** Of what the user said, in characters. */
export interface RequestRules {
  /** Of one message; the rest of a longer one is left out. */
  readonly maxEach: number
  /** Of all messages, newest first. The first one stays anyway. */
  readonly maxTotal: number
  readonly isPinned: (result: ToolResultPart) => boolean
}

/**
 * The messages after the replacement: what the user said, the summary, and what stays.
 *
 * @param text - What the model wrote. Without it the text of an earlier summary stays, as nothing newer is known.
 */
export function replaceSteps({ replaced, kept }: Split, text: string | undefined, rules: RequestRules): readonly Message[] {
  const earlier = replaced.find((message) => message.role === 'user' && message.summary !== undefined)
  const lastText = text ?? (earlier?.role === 'user' ? earlier.summary?.text : undefined)
  const summary: HistorySummary = { ...makeLedger(replaced, rules.isPinned), ...(lastText !== undefined && { text: lastText }) }
  const requests = replaced.filter((message) => message.role === 'system' || isRequest(message))
  const stays = limitRequests(requests, rules)
  const newest = kept.findLast(isRequest) ?? replaced.findLast(isRequest)
  const frame = { request: newest === undefined ? '' : textOf(newest), leftOut: requests.length - stays.length }
  // The model that wrote the text had read what stays, too.
  const labels = joinLabels(...(text === undefined ? replaced : [...replaced, ...kept]).map(labelsOf))
  return [...stays, withLabels(summaryMessage(summary, frame), labels), ...kept]
}

function limitRequests(requests: readonly (Message & { role: 'system' | 'user' })[], { maxEach, maxTotal }: RequestRules): readonly Message[] {
  let left = maxTotal
  const first = requests.find(({ role }) => role === 'user')
  return requests
    .toReversed()
    .map((message) => (message.role === 'user' ? shortenRequest(message, maxEach) : message))
    .filter((message, index) => {
      if (message.role === 'system') return true
      left -= charactersOf(message)
      return left >= 0 || requests[requests.length - 1 - index] === first
    })
    .toReversed()
}

// The message itself where it is short enough, so that the beginning of the request stays as it was.
function shortenRequest(message: UserMessage, maxEach: number): UserMessage {
  if (charactersOf(message) <= maxEach) return message
  if (typeof message.content === 'string') return { ...message, content: shorten(message.content, maxEach) }
  return { ...message, content: message.content.map((part) => (part.type === 'text' ? { ...part, text: shorten(part.text, maxEach) } : part)) }
}

function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const head = text.slice(0, maxLength).replace(/[\uD800-\uDBFF]$/, '')
  return `${head}\n[… ${text.length - head.length} characters of this message are left out.]`
}
