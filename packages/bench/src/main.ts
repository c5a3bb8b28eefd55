import { mkdirSync, rmSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform, release } from 'node:os'
import { type Contender, prepareContender } from './contenders.ts'
import { helpText, type Options, readOptions } from './options.ts'
import { paths } from './paths.ts'
import { startProvider } from './processes.ts'
import { formatWithUnit } from './report/format.ts'
import { wordOf } from './report/markdown.ts'
import { keepResult, writePages } from './report/write.ts'
import type { Metric, ScenarioResult } from './result.ts'
import { scenarios } from './scenarios/all.ts'
import type { Scenario, Session } from './session.ts'
import { findNode24, shell } from './shell.ts'
import { judge, type Verdict } from './targets.ts'
import { printTopCosts } from './top-costs.ts'

const ids = scenarios.map(({ id }) => id)

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, ids)
  if (options.wantsHelp) {
    console.log(helpText(scenarios))
    return 0
  }
  const node = await findNode24(paths.root)
  const machine = await describeMachine(node)
  const contenders: Contender[] = []
  for (const name of options.contenders) contenders.push(await prepareContender(name))
  const profiles = options.isProfiled ? paths.profiles : undefined
  if (profiles !== undefined) {
    rmSync(profiles, { recursive: true, force: true })
    mkdirSync(profiles, { recursive: true })
  }
  await using provider = await startProvider(node)
  const session: Session = { node, provider, contenders, rounds: options.rounds, isQuick: options.isQuick, profiles, settings: new Map() }
  let failed = 0
  for (const scenario of scenarios) {
    if (options.only !== undefined && !options.only.includes(scenario.id)) continue
    console.error(`${scenario.id}: ${scenario.title} ...`)
    const result = await measure(scenario, { session, options, machine })
    failed += printResult(result)
    // A profiler takes time of its own: what was measured with one is not kept.
    if (profiles === undefined && !(await keepResult(result))) console.log('  The result of a full run is kept; this quick one is not.')
  }
  if (profiles !== undefined) printTopCosts(profiles)
  else await writePages(ids)
  return failed > 0 ? 1 : 0
}

interface Circumstances {
  readonly session: Session
  readonly options: Options
  readonly machine: string
}

async function measure(scenario: Scenario, { session, options, machine }: Circumstances): Promise<ScenarioResult> {
  const measured = await scenario.measure(session)
  const { id, title, method } = scenario
  const contenders = Object.fromEntries(session.contenders.map(({ name, version }) => [name, { version, settings: session.settings.get(name) ?? [] }]))
  return { id, title, method, takenAt: new Date().toISOString(), command: options.command, machine, isQuick: options.isQuick, contenders, ...measured }
}

/** Prints a scenario; returns how many targets were missed. */
function printResult(result: ScenarioResult): number {
  result.metrics.forEach(printMetric)
  for (const note of result.notes) console.log(`  ${note}`)
  const verdicts = judge(result)
  verdicts.forEach(printVerdict)
  return verdicts.filter(({ isMet }) => !isMet).length
}

function printMetric({ title, unit, rows }: Metric): void {
  console.log(`  ${title}`)
  for (const { contender, median, ratio } of rows) {
    const times = ratio === undefined ? '' : `${ratio.median.toFixed(2)}×`
    const range = ratio?.interval === undefined ? '' : `(${ratio.interval.low.toFixed(2)} to ${ratio.interval.high.toFixed(2)})`
    console.log(`    ${contender.padEnd(20)} ${formatWithUnit(median, unit).padStart(14)} ${times.padStart(9)} ${range}`.trimEnd())
  }
}

function printVerdict({ target, title, unit, found, ...verdict }: Verdict): void {
  const limit = `${target.sense === 'at least' ? '>=' : '<='} ${formatWithUnit(target.limit, unit)}${target.of === 'above raw' ? ' over raw' : ''}`
  console.log(`  ${wordOf(verdict).replaceAll('*', '').padEnd(17)} ${title}: ${formatWithUnit(found, unit)}, target ${limit}`)
}

async function describeMachine(node: string): Promise<string> {
  const version = (await shell(node, ['--version'], paths.root)).trim()
  return `Node ${version}, ${platform()} ${release().split('-')[0]} ${arch()}, ${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`
}
