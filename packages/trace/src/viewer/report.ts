import { checkNames, invalidOptions } from '@capstan/core/internal'
import type { ReportContents, RunSummary } from './lines.ts'
import { readPage } from './page-file.ts'
import type { RunSource } from './source/source.ts'

/** Options of `writeReport`. */
export interface ReportOptions {
  /** What was opened, for people. Default: nothing. */
  readonly title?: string
  /** The run of a source with several, by its run id or by the `id` in the list. */
  readonly run?: string
}

/**
 * Writes a run as one page that needs no server and no network: piece by piece, as it may be larger than the longest string.
 *
 * @param write - Called with each piece of the page, in order.
 * @throws {AgentError} `invalid-options` for an unknown option, and for a source of several runs without a `run`.
 */
export async function writeReport(source: RunSource, write: (text: string) => Promise<void>, options: ReportOptions = {}): Promise<ReportContents> {
  checkNames(options, { names: ['title', 'run'], what: 'an option of writeReport' })
  const { runs } = await source.list()
  const run = chooseRun(runs, options.run)
  const { html, policy } = readPage()
  const [before = '', after = ''] = html.split('<!-- data -->')
  // A page in a file has no headers. `frame-ancestors` is only for those.
  const meta = `<meta http-equiv="content-security-policy" content="${policy.replace(/; frame-ancestors.*$/, '')}">`
  await write(before.replace('<head>', () => `<head>\n${meta}`))
  await write(dataScript('data-runs', JSON.stringify({ runs: [run], setup: { title: options.title ?? '' } })))
  let [events, exchanges] = [0, 0]
  for await (const batch of source.lines(run.id)) {
    if (batch.length > 0) await write(dataScript('data-lines', batch.join('\n')))
    events += batch.filter((line) => line.startsWith('{"type":"event"')).length
    exchanges += batch.filter((line) => line.startsWith('{"type":"exchange"')).length
  }
  for (let number = 0; number < exchanges; number += 1) {
    const text = await source.exchange(run.id, number)
    if (text !== undefined) await write(dataScript(`data-exchange="${number}"`, text))
  }
  const contents: ReportContents = { runId: run.runId, events, exchanges }
  await write(dataScript('data-contents', JSON.stringify(contents)))
  await write(after)
  return contents
}

function chooseRun(runs: readonly RunSummary[], wanted: string | undefined): RunSummary {
  const found = wanted === undefined ? (runs.length === 1 ? runs : []) : runs.filter(({ id, runId }) => id === wanted || runId === wanted)
  const [run] = found
  if (run !== undefined) return run
  if (runs.length === 0) throw invalidOptions('There is no run to write.')
  const names = runs.slice(0, 5).map(({ runId }) => runId)
  const more = runs.length > names.length ? `, and ${runs.length - names.length} more` : ''
  throw invalidOptions(`${wanted === undefined ? 'Choose one run' : `There is no run '${wanted}'`}. The runs are ${names.join(', ')}${more}.`)
}

/** JSON in an element that a browser does not run. No text of it can end the element. */
function dataScript(attribute: string, json: string): string {
  return `<script type="application/json" ${attribute}>${json.replaceAll('<', '\\u003c')}</script>\n`
}
