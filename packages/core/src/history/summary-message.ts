import type { HistorySummary, KeptResult, LedgerCall, LedgerCount, UserMessage } from '../contract/messages.ts'
import { beginningOf } from './ledger.ts'

const requestCharacters = 300

/** What a summary says beside what it was made of. */
export interface SummaryFrame {
  /** The newest message of the user. */
  readonly request: string
  /** Earlier messages of the user that are left out. */
  readonly leftOut: number
}

/** The message that takes the place of complete steps. */
export function summaryMessage(summary: HistorySummary, { request, leftOut }: SummaryFrame): UserMessage {
  const sections = [
    `[The first ${count(summary.steps, 'step')} of this conversation ${leftOut > 0 ? `and ${count(leftOut, 'earlier message')} of the user ` : ''}` +
      'are left out. This message takes their place; it is not a request.]',
    ...(summary.text === undefined ? [] : [`Summary, written by the assistant:\n${summary.text}`]),
    ...callSection(summary),
    ...(summary.kept.length === 0 ? [] : [`Results of these steps that are kept complete:\n${summary.kept.map(keptText).join('\n')}`]),
    `When this was written, the current request of the user was: ${JSON.stringify(beginningOf(request, requestCharacters))}. Continue it where it is, ` +
      'do not start it again. Requests before it were answered, unless the summary says otherwise. Messages of the user after this one are newer.',
  ]
  return { role: 'user', content: sections.join('\n\n'), summary }
}

function callSection({ calls, older }: HistorySummary): readonly string[] {
  if (calls.length === 0 && older.length === 0) return []
  const title =
    'Calls of these steps, listed by the program, the oldest first. Where a summary says otherwise, this list is right. What succeeded is done; ' +
    'what failed will fail again as long as nothing changed.'
  return [[title, ...(older.length === 0 ? [] : [`Before them: ${older.map(countText).join(', ')}.`]), ...calls.map(callText)].join('\n')]
}

function callText({ id, toolName, input, status, result }: LedgerCall): string {
  return `${id === undefined ? '' : `${id} `}${toolName} ${input} → ${status}${result === undefined ? '' : `: ${JSON.stringify(result)}`}`
}

function countText({ toolName, calls, failed }: LedgerCount): string {
  return `${toolName} ${count(calls, 'time')}${failed === 0 ? '' : ` (${failed} failed)`}`
}

function keptText({ id, toolName, input, text }: KeptResult): string {
  return `${id === undefined ? '' : `${id} `}${toolName} ${input}:\n${text}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
