import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { places } from '../places.ts'
import type { ScenarioResult } from '../result.ts'
import { chartOf } from './chart.ts'
import { contendersTable, pageOf, sectionOf, summaryOf } from './markdown.ts'

const start = '<!-- results: written by npm run bench -->'
const end = '<!-- end of results -->'

/**
 * Keeps the result of a scenario with its chart.
 *
 * @returns False when it is a quick one and a full one stands there: that one stays.
 */
export async function keepResult(result: ScenarioResult): Promise<boolean> {
  await mkdir(places.results, { recursive: true })
  const file = join(places.results, `${result.id}.json`)
  if (result.isQuick && existsSync(file) && !(await readResult(file)).isQuick) return false
  await writeFile(file, `${JSON.stringify(result, undefined, 2)}\n`)
  await writeFile(join(places.results, `${result.id}.svg`), chartOf(result))
  return true
}

/** Writes the page of results and the part of the documentation that shows them, from all results that are kept. */
export async function writePages(order: readonly string[]): Promise<void> {
  const files = (await readdir(places.results)).filter((name) => /^s\d+[a-z]?\.json$/.test(name))
  const all = await Promise.all(files.map((name) => readResult(join(places.results, name))))
  const results = order.flatMap((id) => all.filter((result) => result.id === id))
  await writeFile(join(places.results, 'README.md'), pageOf(results))
  if (!existsSync(places.docs)) return
  const docs = await readFile(places.docs, 'utf8')
  const [before, rest] = docs.split(start)
  const after = rest?.split(end)[1]
  if (after === undefined) throw new Error(`docs/performance.md has no place for results: the lines '${start}' and '${end}'.`)
  const charts = '../packages/bench/results'
  const parts = [
    '## Targets',
    summaryOf(results),
    '## Results',
    ...results.map((result) => sectionOf(result, charts)),
    '## Contenders and their settings',
    contendersTable(results),
  ]
  await writeFile(places.docs, `${before}${start}\n\n${parts.join('\n\n')}\n\n${end}${after}`)
}

async function readResult(file: string): Promise<ScenarioResult> {
  return JSON.parse(await readFile(file, 'utf8')) as ScenarioResult // Written by `keepResult`.
}
