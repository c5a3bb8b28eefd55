// Runs the client scenarios of the conformance suite of MCP against `@capstan/mcp`, and prints a table. The suite runs on Node 24, the client
// on this Node.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { installMcpServers } from '@capstan/test-kit'
import { notTried, type Scenario, scenarios } from './scenarios.ts'

/** What the suite says about a scenario. */
interface Outcome extends Scenario {
  readonly passed: number
  readonly total: number
  /** Ids of the checks that failed. */
  readonly failed: readonly string[]
  readonly output: string
}

const installed = installMcpServers()
if ('reason' in installed) throw new Error(installed.reason)
const suite = join(installed.folder, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
const client = fileURLToPath(new URL('client.js', import.meta.url))

const outcomes: Outcome[] = []
for (const scenario of scenarios) {
  process.stderr.write(`${scenario.name}, ${scenario.version}\n`)
  outcomes.push(await run(scenario))
}
console.log(table(outcomes))
const surprises = outcomes.filter(isSurprise)
for (const { name, version, output } of surprises) console.error(`\n${name}, ${version}:\n${output}`)
const reportFile = process.env['CAPSTAN_REPORT']
if (reportFile) {
  writeFileSync(reportFile, JSON.stringify({ numPassedTests: outcomes.length - surprises.length, numFailedTests: surprises.length, numPendingTests: 0 }))
}
process.exitCode = surprises.length > 0 ? 1 : 0

async function run(scenario: Scenario): Promise<Outcome> {
  const args = ['client', '--command', `${process.execPath} ${client}`, '--scenario', scenario.name, '--spec-version', scenario.version]
  const child = spawn('npx', ['-y', '-p', 'node@24', 'node', suite, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  // Without colours.
  const output = `${stdout}${stderr}`.replace(/\p{Cc}\[\d+m/gu, '')
  const [, passed = '0', total = '0'] = /Passed: (\d+)\/(\d+)/.exec(output) ?? []
  const failed = [...output.matchAll(/\[(\S+)\s*\] FAILURE/g)].map(([, id = '']) => id)
  return { ...scenario, passed: Number(passed), total: Number(total), failed, output }
}

/** True for a scenario that did not run, or whose failures are not exactly the expected ones. */
function isSurprise({ total, failed, expected }: Outcome): boolean {
  const checks = [...new Set(failed)].sort()
  return total === 0 || String(checks) !== String([...(expected?.checks ?? [])].sort())
}

function table(rows: readonly Outcome[]): string {
  const lines = rows.map(
    (row) =>
      `| \`${row.name}\` | ${row.version} | ${row.passed} of ${row.total} | ${isSurprise(row) ? `**unexpected**: ${row.failed.join(', ')}` : (row.expected?.because ?? '')} |`,
  )
  const others = notTried.map(([what, because]) => `| ${what} | | not tried | ${because} |`)
  return ['| scenario | protocol | checks | why not all |', '|---|---|---:|---|', ...lines, ...others].join('\n')
}
