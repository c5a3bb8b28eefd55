import { breakOf, eventOf, type Row } from '../src/viewer/model/row.ts'
import { showLine } from '../src/viewer/model/shown-text.ts'
import { formatCount, formatMs } from './format.ts'

const statusWords: Readonly<Record<Row['status'], string>> = {
  open: 'running',
  ok: 'finished',
  failed: 'failed',
  void: 'void',
  refused: 'not run',
  waiting: 'waits for a person',
  limit: 'limit',
  cut: 'cut off',
}

/** How a row went, in a word or two. */
export function statusWord(row: Row): string {
  if (row.kind === 'run') {
    const end = eventOf(row, 'run-end')
    if (end !== undefined && row.status !== 'open') return end.stopReason
    const error = eventOf(row, 'run-error')
    if (error !== undefined && row.status === 'failed') return error.error.code
  }
  if (row.kind === 'tool') return eventOf(row, 'tool-end')?.status ?? statusWords[row.status]
  if (row.kind === 'person' && row.status === 'ok') return 'answered'
  return statusWords[row.status]
}

/** The name of a row for the list: of a model without the name of its endpoint. */
export function shortName(row: Row): string {
  return row.kind === 'request' ? row.name.slice(row.name.lastIndexOf('/') + 1) : row.name
}

/** What follows the name of a row in the list: why a request was sent, what a tool was called with. */
export function hintOf(row: Row): string {
  switch (row.kind) {
    case 'step':
      return ''
    case 'request':
      return requestHint(row)
    case 'tool':
      return row.input === undefined ? '' : showLine(typeof row.input === 'string' ? row.input : JSON.stringify(row.input), 160)
    case 'wait':
      return row.name === 'no process' ? 'until it was resumed' : ''
    case 'edit': {
      const edit = eventOf(row, 'history-edit')?.edit
      return edit === undefined ? '' : `${formatCount(edit.tokensBefore)} → ${formatCount(edit.tokensAfter)} tokens`
    }
    case 'note':
      return noteHint(row)
    case 'person':
      return row.pending.length > 1 ? `${row.pending.length} questions` : ''
    default:
      return ''
  }
}

function requestHint(row: Row): string {
  const reason = eventOf(row, 'attempt')?.reason
  const failure = eventOf(row, 'step-retry')?.error.code ?? row.exchange?.error?.code
  const status = (row.exchange?.status ?? 0) >= 400 ? `status ${row.exchange?.status}` : undefined
  const broke = row.exchange === undefined ? undefined : breakOf(row.exchange)
  const words = [reason === undefined || reason === 'first' ? undefined : reason, failure, status, broke === undefined ? undefined : 'prefix broke']
  return words.filter((word) => word !== undefined).join(' · ')
}

function noteHint(row: Row): string {
  const warning = eventOf(row, 'warning')?.warning.message ?? eventOf(row, 'repaired')?.message
  return showLine(warning ?? '', 160)
}

/** What the bar of a row says to people who do not see it. */
export function barWords(row: Row, durationMs: number | undefined): string {
  return `${statusWord(row)}${durationMs === undefined ? '' : `, ${formatMs(durationMs)}`}`
}
