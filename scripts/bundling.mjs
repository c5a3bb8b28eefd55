// Tries the packed packages with runtimes, compilers, bundlers, test runners, frameworks and copies of zod, each by a real run against the simulator.
//   node scripts/bundling.mjs                 all cases, as a table; about five minutes, and 700 MB on the disk while it runs
//   node scripts/bundling.mjs --only zod      those whose group or name has the word
//   node scripts/bundling.mjs --write         also writes the table into docs/bundling.md
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cases, copyPrograms, tools } from './bundling/cases.mjs'
import { writeTable } from './bundling/write-table.mjs'
import { otherZods, zodCases } from './bundling/zod.mjs'
import { installFolder } from './install-folder.mjs'
import { consumerOf, installers, makeProject, typeCheck } from './packed/projects.mjs'
import { packAll } from './packed/tarballs.mjs'

const argument = process.argv.indexOf('--only')
const only = argument === -1 ? '' : (process.argv[argument + 1] ?? '').toLowerCase()
const base = mkdtempSync(join(tmpdir(), 'capstan-bundling-'))
process.once('exit', () => rmSync(base, { recursive: true, force: true }))

const tarballs = await packAll(base)
const all = [...cases, ...zodCases(base, tarballs)].filter(({ group, name }) => `${group} ${name}`.toLowerCase().includes(only))
const project = join(base, 'npm')
const consumer = consumerOf(tarballs)
makeProject(project, tarballs, { ...consumer, others: { ...consumer.others, ...tools, ...otherZods } })
copyPrograms(project)
await installers.npm(project)
await typeCheck(project, { compiler: 'TypeScript 7', config: 'tsconfig.nodenext.json', emit: true })
if (all.some(({ group }) => group === 'Bundlers')) installFolder('bundling', 'the bundlers (107 MB)')

const results = []
for (const one of all) {
  const since = performance.now()
  const problem = await problemOf(one)
  results.push({ ...one, problem })
  console.log(`${problem === undefined ? 'ok    ' : 'failed'} ${((performance.now() - since) / 1000).toFixed(1).padStart(6)} s  ${one.group}: ${one.name}`)
  if (problem !== undefined) console.log(problem)
}
const failed = results.filter(({ problem }) => problem !== undefined).length
console.log(`\n${results.length} cases, ${failed} failed, ${(performance.now() / 1000).toFixed(0)} s`)
if (failed === 0 && process.argv.includes('--write')) writeTable(results, project)
const reportFile = process.env['CAPSTAN_REPORT']
if (reportFile) writeFileSync(reportFile, JSON.stringify({ numPassedTests: results.length - failed, numFailedTests: failed, numPendingTests: 0 }))
process.exitCode = failed > 0 ? 1 : 0

/** Runs one case. @param {import('./bundling/cases.mjs').Case} one */
async function problemOf({ run, fails }) {
  const said = await run(project).then(
    () => undefined,
    (error) => String(error instanceof Error ? error.message : error),
  )
  if (fails === undefined) return said
  if (said === undefined) return 'It works, and the page says that it does not.'
  return fails.test(said) ? undefined : `It fails in another way than the page says: ${said}`
}
