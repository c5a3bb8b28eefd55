// Runs every check, prints one line for each, and shows the output of those that failed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { root } from './project-files.mjs'

const tsc = ['node_modules/typescript/bin/tsc']
const biome = ['node_modules/@biomejs/biome/bin/biome']
const strict = ['--error-on-warnings', '--reporter=concise', '--max-diagnostics=200']

/** @typedef {[name: string, command: string[]]} Check Run with Node. */

/** @type {Check} */
const build = ['types', [...tsc, '-b']]
/** @type {Check} */
const bundle = ['bundle', ['scripts/bundle.mjs', '--all']]
/** @type {Check[]} */
const checks = [
  ['packages', ['scripts/check-packages.mjs']],
  // The flag is for Node 20.18, where a dependency of knip does not load without it.
  ['unused code', ['--experimental-require-module', 'node_modules/knip/bin/knip.js', '--no-progress']],
  ['types of tests', [...tsc, '-p', 'tsconfig.tests.json']],
  ['types of the page', [...tsc, '-p', 'packages/trace/page/tsconfig.json']],
  ['types of scripts', [...tsc, '-p', 'tsconfig.scripts.json']],
  ['lint', [...biome, 'lint', ...strict]],
  ['format', [...biome, 'check', '--linter-enabled=false', ...strict]],
  ['import directions', ['scripts/check-imports.mjs']],
  ['structure', ['scripts/check-structure.mjs']],
  ['forbidden text', ['scripts/check-text.mjs']],
  ['weight', ['scripts/check-weight.mjs']],
  ['page of the viewer', ['scripts/build-viewer.mjs', '--check']],
  ['mutants', ['packages/proof/dist/mutants/check.js']],
  ['code in docs', ['scripts/check-fragments.mjs']],
  ['pages of docs', ['scripts/check-docs.mjs']],
  ['translation', ['scripts/check-translation.mjs']],
  ['docs/errors.md', ['scripts/generate-errors.mjs', '--check']],
  ['docs/models.md', ['scripts/generate-models.mjs', '--check']],
  ['docs/api.md', ['scripts/generate-api.mjs', '--check']],
]

const startedAt = performance.now()
// The other checks read what the build writes.
const results = [await run(build), await run(bundle)]
const waiting = checks.values()
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (const check of waiting) results.push(await run(check))
  }),
)

const failed = results.filter((ok) => !ok).length
console.log(`\n${results.length} checks, ${failed} failed, ${seconds(performance.now() - startedAt)}`)
const reportFile = process.env['CAPSTAN_REPORT']
if (reportFile) {
  writeFileSync(reportFile, JSON.stringify({ numPassedTests: results.length - failed, numFailedTests: failed, numPendingTests: 0 }))
}
process.exitCode = failed > 0 ? 1 : 0

/** @param {Check} check */
async function run([name, command]) {
  const since = performance.now()
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const [status] = await once(child, 'close')
  // Biome has no option that makes its mildest level fail.
  const ok = status === 0 && !/^Found \d+ (?:info|warning)/m.test(output)
  console.log(`${ok ? 'ok    ' : 'failed'}  ${name.padEnd(18)} ${seconds(performance.now() - since).padStart(7)}`)
  if (!ok) console.log(`${output.trimEnd()}\n`)
  return ok
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`
}
