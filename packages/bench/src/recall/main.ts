import { parseArgs } from 'node:util'
import { ToolRanking } from '@capstan/core/catalogue'
import { paths } from '../paths.ts'
import { DataFolder } from './data-folder.ts'
import { loadCatalogue } from './load-catalogue.ts'
import { loadQuestions } from './load-questions.ts'
import { measureRecall } from './measure-recall.ts'
import { sources } from './sources.ts'

const helpText = `npm run recall -- [--data <folder>]

Measures how often the ranking of tools finds the right one among 5,000, on public sets of questions and a Chinese one of our own.
The sets are downloaded from GitHub at pinned commits, once, into packages/bench/data, which is not committed.

  --data <folder>  reads them from this folder instead: <folder>/<owner>/<repository>/<path>
  --help           this text

Data sets:
${sources.map(({ repository, commit, licence }) => `  https://github.com/${repository} at ${commit.slice(0, 12)}, ${licence}`).join('\n')}
`

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}

/** Returns 1 when a set is below what is required. */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { data: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } } })
  if (values.help) {
    console.log(helpText)
    return 0
  }
  const data = new DataFolder(values.data ?? paths.data)
  if (values.data === undefined) await data.download(sources)
  const [missing] = data.missing(sources)
  if (missing !== undefined) throw new Error(`${missing} is missing. npm run recall -- --help says where the data sets come from.`)

  const collection = await loadCatalogue(data)
  const started = performance.now()
  const ranking = new ToolRanking(collection.tools)
  console.log(`${ranking.size} tools indexed in ${Math.round(performance.now() - started)} ms.\n`)
  console.log(['questions'.padEnd(20), 'count', 'in 5', 'required', 'in 10', 'median', 'p95'].map((text) => text.padStart(9)).join(''))
  let failed = 0
  for (const { name, required, questions } of await loadQuestions(data, collection)) {
    const { at5, at10, medianMs, p95Ms } = measureRecall(ranking, questions)
    const cells = [String(questions.length), percent(at5), `${required} %`, percent(at10), milliseconds(medianMs), milliseconds(p95Ms)]
    console.log([name.padEnd(20), ...cells.map((text) => text.padStart(9)), at5 >= required ? '' : '  fail'].join(''))
    if (at5 < required) failed++
  }
  return failed > 0 ? 1 : 0
}

function percent(value: number): string {
  return `${value.toFixed(1)} %`
}

function milliseconds(value: number): string {
  return `${value.toFixed(2)} ms`
}
