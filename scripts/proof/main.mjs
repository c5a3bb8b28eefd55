// `npm run proof`: every test, suite and matrix of the project, one after the other. `.ci/run` runs the shorter list of CI.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../project-files.mjs'
import { runStep } from './run-step.mjs'
import { allSteps, ciLimitS, ciSteps } from './steps.mjs'
import { summaryOf, withResults } from './table.mjs'

const help = `npm run proof -- [options]     runs everything, which takes some hours

  --only NAME,...  only these steps
  --list           the steps, with their commands
  --write          writes the results into the table of docs/proof.md
  --ci             the steps of CI, in at most ${ciLimitS} s
  --help           this text

Exit codes: 0 nothing failed, 1 something failed, 2 usage, 130 interrupted.`

const { values } = readArguments()
const table = values.ci ? ciSteps : allSteps
const steps = chosen(values.only)
if (values.help) console.log(help)
else if (values.list) for (const { name, command, limitS } of steps) console.log(`${name.padEnd(24)} ${command.join(' ')}   (at most ${limitS} s)`)
else await prove()

async function prove() {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-proof-'))
  const interrupt = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interrupt.abort())
  /** @type {import('./run-step.mjs').StepResult[]} */
  const results = []
  try {
    for (const [index, step] of steps.entries()) {
      if (interrupt.signal.aborted) break
      console.log(`\n=== ${step.name} (${index + 1} of ${steps.length}): ${step.command.join(' ')}`)
      const limitS = values.ci ? ciLimitS - process.uptime() : Number.POSITIVE_INFINITY
      const result = await runStep(step, { folder, limitS, signal: interrupt.signal })
      // A step that was interrupted says nothing about the project.
      if (!interrupt.signal.aborted) results.push(result)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  if (values.write) write(results)
  report(results)
  const failed = results.some((result) => result.failed > 0)
  process.exitCode = interrupt.signal.aborted ? 130 : failed ? 1 : 0
}

/** @param {import('./run-step.mjs').StepResult[]} results */
function report(results) {
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ name) => results.reduce((total, result) => total + result[name], 0)
  const skipped = sum('skipped')
  console.log(`\n${summaryOf(results)}\nTook ${process.uptime().toFixed(0)} s.`)
  console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
}

/** @param {import('./run-step.mjs').StepResult[]} results */
function write(results) {
  const path = join(root, 'docs/proof.md')
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
  const day = new Date().toISOString().slice(0, 10)
  writeFileSync(path, withResults(readFileSync(path, 'utf8'), { list: values.ci ? 'ci' : 'proof', steps: table, results, day, commit }))
}

/** @param {string | undefined} only */
function chosen(only) {
  if (only === undefined) return table
  const names = only.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !table.some((step) => step.name === name))
  if (unknown !== undefined) refuse(`There is no step '${unknown}'. Steps: ${table.map(({ name }) => name).join(', ')}.`)
  return table.filter(({ name }) => names.includes(name))
}

function readArguments() {
  const flag = /** @type {const} */ ({ type: 'boolean', default: false })
  try {
    return parseArgs({ options: { only: { type: 'string' }, list: flag, write: flag, ci: flag, help: { ...flag, short: 'h' } } })
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

/** @param {string} message @returns {never} */
function refuse(message) {
  console.error(`${message}\nSee npm run proof -- --help.`)
  process.exit(2)
}
