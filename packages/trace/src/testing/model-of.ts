import type { PageLine } from '../viewer/lines.ts'
import type { Row } from '../viewer/model/row.ts'
import { RunModel } from '../viewer/model/run-model.ts'
import { parsePageLine } from '../viewer/parse-line.ts'
import type { RunSource } from '../viewer/source/source.ts'
import { TraceTranslator } from '../viewer/source/translate-trace.ts'
import type { WrittenTrace } from './written-trace.ts'

/** The lines that the page gets of a trace. */
export function pageLines(trace: WrittenTrace): readonly PageLine[] {
  const translator = new TraceTranslator()
  return trace.lines.flatMap((line) => parsePageLine(translator.translate(JSON.stringify(line)) ?? '') ?? [])
}

export function modelOf(trace: WrittenTrace): RunModel {
  const model = new RunModel()
  model.add(pageLines(trace))
  return model
}

/** The rows as text, indented: kind, name and status. */
export function outline(rows: readonly Row[]): readonly string[] {
  return rows.flatMap((row) => [`${'  '.repeat(row.level)}${row.kind} ${row.name} ${row.status}`, ...outline(row.children)])
}

/** The model of a run, read as the page reads it. */
export async function readModel(source: RunSource, id: string): Promise<RunModel> {
  const model = new RunModel()
  for await (const batch of source.lines(id)) model.add(batch.flatMap((line) => parsePageLine(line) ?? []))
  model.end()
  return model
}
