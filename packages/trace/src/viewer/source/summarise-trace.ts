import { open } from 'node:fs/promises'
import type { JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import type { RunSummary } from '../lines.ts'
import { isEvent, isExchange } from './translate-trace.ts'

/** The beginning and the end of a file that a summary is made of, in bytes. */
const partBytes = 65_536

/** A file of a trace, with what its first and last lines say. */
export interface TraceFile {
  readonly path: string
  /** Which file of a run with several it is, from 1. */
  readonly part: number
  readonly summary: Omit<RunSummary, 'id'>
}

/** Reads only the beginning and the end of a file, so that a folder of large traces is listed at once. */
export async function summarise(path: string): Promise<TraceFile> {
  const file = await open(path)
  try {
    const { size, mtimeMs } = await file.stat()
    const readAt = async (from: number): Promise<string> => {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(partBytes), 0, partBytes, from)
      return buffer.toString('utf8', 0, bytesRead)
    }
    const head = await readAt(0)
    const tail = size > partBytes ? await readAt(size - partBytes) : head
    const { part, summary } = readHead(head)
    return { path, part, summary: { ...summary, ...readTail(tail), bytes: size, changedAt: mtimeMs } }
  } finally {
    await file.close()
  }
}

type Head = Omit<TraceFile, 'path'>

/** The most lines of the beginning that are read. */
const maxLines = 200
/** How a trace or a tape begins, if its first line is longer than what was read. */
const beginning = /^\{"type":"(?:trace|event|exchange)"/

function readHead(text: string): Head {
  if (text === '') return withProblem('It is empty.')
  const heads = text.split('\n', maxLines).flatMap((line) => readLine(parse(line)))
  if (heads.length === 0)
    return beginning.test(text)
      ? { part: 1, summary: { runId: '', source: 'trace' } }
      : withProblem('It is not a trace: no line of it is a trace, an event or an exchange.')
  const agent = heads.find(({ summary }) => summary.agent !== undefined)?.summary.agent
  const at = heads.find(({ summary }) => summary.at !== undefined)?.summary.at
  const isTape = heads.every(({ summary }) => summary.source === 'tape')
  const runId = heads.find(({ summary }) => summary.runId !== '')?.summary.runId ?? ''
  return {
    part: heads[0]?.part ?? 1,
    summary: { runId, source: isTape ? 'tape' : 'trace', ...(agent !== undefined && { agent }), ...(at !== undefined && { at }) },
  }
}

function withProblem(problem: string): Head {
  return { part: 1, summary: { runId: '', source: 'trace', problem } }
}

/** What one line says; nothing for a line that is not one of a trace. */
function readLine(line: unknown): readonly Head[] {
  if (!isJsonObject(line)) return []
  const event = line['type'] === 'event' ? line['event'] : line
  const isTrace = line['type'] === 'trace' || isEvent(event) || isExchange(line)
  if (!isTrace || !isJsonObject(event)) return []
  const { runId, agent, part }: JsonObject = event
  const at = isExchange(line) ? line.request.at : event['at']
  return [
    {
      part: typeof part === 'number' ? part : 1,
      summary: {
        runId: typeof runId === 'string' ? runId : '',
        source: isExchange(line) ? 'tape' : 'trace',
        ...(typeof agent === 'string' && { agent }),
        ...(typeof at === 'number' && { at }),
      },
    },
  ]
}

function readTail(text: string): Pick<RunSummary, 'status'> {
  const found = text.lastIndexOf('"type":"run-end"')
  const failed = text.lastIndexOf('"type":"run-error"')
  const begun = text.lastIndexOf('"type":"run-start"')
  if (Math.max(found, failed) <= begun) return {}
  if (failed > found) return { status: 'failed' }
  const reason = /"stopReason":"([a-z-]+)"/.exec(text.slice(found))?.[1]
  return reason === undefined ? {} : { status: reason }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
