import { type Json, openQuestions, type PendingQuestion, type RunRecord, type SavedRun } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { oneLine, printable } from './terminal/output.ts'

/** A recorded run in a few words. */
export interface RunSummary {
  readonly runId: string
  /** How it ended, what it waits for, `decided` when it can go on after a decision, or `unfinished`: under way, or cut by a crash. */
  readonly status: string
  readonly steps: number
  readonly changedAt?: string
  readonly questions: readonly PendingQuestion[]
}

/** Says how a recorded run stands. */
export function describeRun(saved: SavedRun, changedAt?: number): RunSummary {
  const questions = openQuestions(saved)
  const steps = saved.records.filter(isAnsweredStep).length
  const at = changedAt === undefined ? {} : { changedAt: new Date(changedAt).toISOString() }
  return { runId: saved.head.runId, status: statusOf(saved, questions), steps, ...at, questions }
}

/** A line for each run. */
export function listedText(runs: readonly RunSummary[]): string {
  const rows = runs.map(({ runId, status, steps, changedAt = '', questions }) => {
    const asked = questions.length === 0 ? '' : ` · ${questions.length === 1 ? '1 question' : `${questions.length} questions`}`
    return `${printable(runId)}  ${status}  ${steps} ${steps === 1 ? 'step' : 'steps'}${asked}  ${changedAt}\n`
  })
  return rows.join('')
}

/** What was said, what was done, and what is asked. */
export function shownText(saved: SavedRun): string {
  const { runId, status, questions } = describeRun(saved)
  const input = saved.head.input.map(({ role, content }) => `${role}: ${short(typeof content === 'string' ? content : JSON.stringify(content))}`)
  return [
    `run ${printable(runId)}: ${status}`,
    ...input,
    ...saved.records.flatMap(linesOf),
    ...questions.flatMap((question) => askLines(runId, question)),
    '',
  ].join('\n')
}

function statusOf({ records }: SavedRun, questions: readonly PendingQuestion[]): string {
  const last = records.at(-1)
  if (last?.type !== 'end') return 'unfinished'
  const isDecided = last.status === 'paused' && questions.length === 0
  return isDecided ? 'decided' : last.stopReason
}

function isAnsweredStep(record: RunRecord): boolean {
  return record.type === 'done' && record.name === 'model' && isJsonObject(record.output) && record.output['status'] === 'ok'
}

function linesOf(record: RunRecord): readonly string[] {
  if (record.type === 'answer') return [`decided ${record.id}: ${short(JSON.stringify(record.answer))}`]
  if (record.type !== 'done' || !isJsonObject(record.output)) return []
  const { output, id } = record
  if (record.name === 'model') return modelLines(id, output)
  return record.name.startsWith('tool ') ? [`${id} ${record.name}: ${String(output['status'])}: ${short(String(output['text']))}`] : []
}

function modelLines(id: string, output: Readonly<Record<string, Json>>): readonly string[] {
  if (output['status'] !== 'ok') return [`${id} model: ${String(output['status'])}`]
  const reply = isJsonObject(output['reply'] ?? null) ? (output['reply'] as Readonly<Record<string, Json>>) : {}
  const message = reply['message']
  const content = isJsonObject(message ?? null) ? (message as Readonly<Record<string, Json>>)['content'] : []
  return (Array.isArray(content) ? content : []).flatMap((part: Json) => {
    if (!isJsonObject(part)) return []
    if (part['type'] === 'text') return [`${id} model: ${short(String(part['text']))}`]
    return part['type'] === 'tool-call' ? [`${id} model: → ${String(part['toolName'])} ${short(String(part['inputText']))}`] : []
  })
}

function askLines(runId: string, { id, about }: PendingQuestion): readonly string[] {
  const { type, toolName, input, question = null }: Readonly<Record<string, Json>> = isJsonObject(about) ? about : {}
  const call = `${String(toolName)} ${short(JSON.stringify(input ?? null))}`
  const deny = `  capstan runs deny ${runId} ${id} --reason TEXT`
  if (type === 'question') {
    const words = typeof question === 'string' ? question : JSON.stringify(question)
    return [`asked ${id}: ${short(words)} ${call}`, `  capstan runs approve ${runId} ${id} --answer TEXT`, deny]
  }
  if (type === 'outcome') return [`unknown ${id}: was this done? ${call}`, `  capstan runs outcome ${runId} ${id} --output TEXT | --failed TEXT | --again`]
  return [`asked ${id}: may this run? ${call}`, `  capstan runs approve ${runId} ${id}`, deny]
}

function short(text: string): string {
  return oneLine(text, 200)
}
