import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { paths } from '../paths.ts'
import type { ScenarioResult } from '../result.ts'
import { chartOf } from './chart.ts'
import { comparisonOf, contendersTable, sectionOf, summaryOf } from './markdown.ts'

const start = '<!-- results: written by npm run bench -->'
const end = '<!-- end of results -->'

/** All kept results, by the id of their scenario. */
type Results = Readonly<Record<string, ScenarioResult>>

const file = join(paths.results, 'results.json')

/**
 * Keeps the result of a scenario with its chart.
 *
 * @returns False for a quick result where a full one is kept: the full one stays.
 */
export async function keepResult(result: ScenarioResult): Promise<boolean> {
  const results = await readResults()
  if (result.isQuick && results[result.id]?.isQuick === false) return false
  await mkdir(paths.results, { recursive: true })
  await writeFile(file, `${JSON.stringify({ ...results, [result.id]: result }, undefined, 2)}\n`)
  await writeFile(join(paths.results, `${result.id}.svg`), chartOf(result))
  return true
}

/** Writes the parts of the documentation that show the kept results, in the given order of scenarios. */
export async function writePages(order: readonly string[]): Promise<void> {
  const kept = await readResults()
  const results = order.flatMap((id) => kept[id] ?? [])
  const sections = results.map((result) => sectionOf(result, '../packages/bench/results'))
  await fill(paths.docs, ['## Targets', summaryOf(results), '## Results', ...sections, '## Contenders and their settings', contendersTable(results)])
  // The README shows only results of full runs.
  const full = results.filter(({ isQuick }) => !isQuick)
  if (full.length > 0) await fill(paths.readme, [comparisonOf(full)])
}

/** Replaces the text between the marks of a page; a page without marks stays as it is. */
async function fill(path: string, parts: readonly string[]): Promise<void> {
  const page = existsSync(path) ? await readFile(path, 'utf8') : ''
  const [before, rest] = page.split(start)
  const after = rest?.split(end)[1]
  if (after !== undefined) await writeFile(path, `${before}${start}\n\n${parts.join('\n\n')}\n\n${end}${after}`)
}

async function readResults(): Promise<Results> {
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Results) : {} // Written by `keepResult`.
}
