import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { places } from '../places.ts'
import type { ScenarioResult } from '../result.ts'
import { chartOf } from './chart.ts'
import { comparisonOf, contendersTable, pageOf, sectionOf, summaryOf } from './markdown.ts'

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
  const charts = '../packages/bench/results'
  const sections = results.map((result) => sectionOf(result, charts))
  await fill(places.docs, ['## Targets', summaryOf(results), '## Results', ...sections, '## Contenders and their settings', contendersTable(results)])
  // The front page shows what was measured in full alone.
  const full = results.filter(({ isQuick }) => !isQuick)
  if (full.length > 0) await fill(places.readme, [comparisonOf(full)])
}

/** Replaces what stands between the marks of a page; a page without marks is left alone. */
async function fill(path: string, parts: readonly string[]): Promise<void> {
  const page = existsSync(path) ? await readFile(path, 'utf8') : ''
  const [before, rest] = page.split(start)
  const after = rest?.split(end)[1]
  if (after !== undefined) await writeFile(path, `${before}${start}\n\n${parts.join('\n\n')}\n\n${end}${after}`)
}

async function readResult(file: string): Promise<ScenarioResult> {
  return JSON.parse(await readFile(file, 'utf8')) as ScenarioResult // Written by `keepResult`.
}
