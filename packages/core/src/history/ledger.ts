import {
  type HistorySummary,
  type KeptResult,
  type LedgerCall,
  type LedgerCount,
  type Message,
  type ToolCallPart,
  type ToolResultPart,
  toolCallsOf,
} from '../contract/messages.ts'

/** Calls that are listed one by one; those before them are counted. */
const maxListed = 100
const inputCharacters = 80
/** A result that is not longer is listed complete: it often has the id of what was made. */
const shortCharacters = 80
const problemCharacters = 120
/** Of all results that are kept verbatim, newest first. */
const keptCharacters = 24_000
const keptInputCharacters = 4_000

/** What code knows about steps that are replaced, without a model. */
export type Ledger = Omit<HistorySummary, 'text'>

const empty: Ledger = { steps: 0, calls: [], older: [], kept: [] }

/**
 * Lists what happened in messages that are replaced. An earlier summary among them is continued: what it listed stays listed.
 *
 * @param isPinned - True for a result that is kept verbatim.
 */
export function makeLedger(replaced: readonly Message[], isPinned: (result: ToolResultPart) => boolean): Ledger {
  const earlier = replaced.find((message) => message.role === 'user' && message.summary !== undefined)
  const { steps, calls, older, kept } = earlier?.role === 'user' ? (earlier.summary ?? empty) : empty
  const pairs = callsIn(replaced)
  const listed = [...calls, ...pairs.map(listCall)]
  return {
    steps: steps + replaced.filter(({ role }) => role === 'assistant').length,
    calls: listed.slice(-maxListed),
    older: countCalls(older, listed.slice(0, -maxListed)),
    kept: limitKept([...kept, ...pairs.filter(({ result }) => isPinned(result)).map(keepResult)]),
  }
}

interface AnsweredCall {
  readonly call: ToolCallPart
  readonly result: ToolResultPart
}

// Calls and results are matched by position.
function callsIn(messages: readonly Message[]): readonly AnsweredCall[] {
  let pending: readonly ToolCallPart[] = []
  const pairs: AnsweredCall[] = []
  for (const message of messages) {
    if (message.role === 'assistant') pending = toolCallsOf(message)
    const [call, ...others] = pending
    if (message.role !== 'tool' || call === undefined) continue
    pairs.push({ call, result: message.content[0] })
    pending = others
  }
  return pairs
}

function listCall({ call, result: { id, status, text, complete } }: AnsweredCall): LedgerCall {
  const isShort = complete === undefined && text.length <= shortCharacters
  return {
    ...(id !== undefined && { id }),
    toolName: call.toolName,
    input: beginningOf(call.inputText, inputCharacters),
    status,
    ...((isShort || status !== 'ok') && { result: beginningOf(text, problemCharacters) }),
  }
}

function keepResult({ call, result: { id, text } }: AnsweredCall): KeptResult {
  return { ...(id !== undefined && { id }), toolName: call.toolName, input: beginningOf(call.inputText, keptInputCharacters), text }
}

function countCalls(before: readonly LedgerCount[], calls: readonly LedgerCall[]): readonly LedgerCount[] {
  const byName = new Map(before.map((count) => [count.toolName, count]))
  for (const { toolName, status } of calls) {
    const { calls: total, failed } = byName.get(toolName) ?? { calls: 0, failed: 0 }
    byName.set(toolName, { toolName, calls: total + 1, failed: failed + (status === 'ok' ? 0 : 1) })
  }
  return [...byName.values()]
}

// Of a plan that is written again and again the newest version counts.
function limitKept(kept: readonly KeptResult[]): readonly KeptResult[] {
  let left = keptCharacters
  const newest: KeptResult[] = []
  for (const result of kept.toReversed()) {
    left -= result.text.length + result.input.length
    if (left < 0) break
    newest.push(result)
  }
  return newest.toReversed()
}

/** The beginning of a text in one line, without control characters. */
export function beginningOf(text: string, characters: number): string {
  const line = text
    .slice(0, characters * 2)
    .replace(/[\s\p{Cc}\p{Cf}\p{Cs}]+/gu, ' ')
    .trim()
  return line.length > characters || text.length > characters * 2 ? `${line.slice(0, characters)}…` : line
}
