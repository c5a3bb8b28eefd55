import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseCommandLine } from './command-line.ts'
import { exitCodes } from './exit-codes.ts'
import { invoiceText } from './support/made-up-documents.ts'
import { Bench, endOf } from './support/nightly-process.ts'

const folder = dirname(fileURLToPath(import.meta.url))
const repository = join(folder, '../..')
const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')

interface Ran {
  readonly status: number | null
  readonly output: string
}

/** Not synchronous: the provider of a test is in this process. */
async function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const { code, stdout, stderr } = await endOf(spawn(command, args, { env: { ...process.env, ...env } }))
  return { status: code, output: stdout + stderr }
}

const has = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).error === undefined

/** A folder with two documents and a key, and a function that puts the paths of this machine into a command line. */
async function setUp(bench: Bench): Promise<{ readonly home: string; readonly localise: (command: string) => string }> {
  const home = await mkdtemp(join(tmpdir(), 'units-'))
  const inbox = await mkdtemp(join(tmpdir(), 'inbox-'))
  for (const position of [1, 2]) await writeFile(join(inbox, `${position}.txt`), invoiceText(position))
  return {
    home,
    localise: (command) =>
      command
        .replaceAll(/\/opt\/nightly|(?<= )(?=examples\/dist)/g, (path) => (path === '' ? `${repository}/` : repository))
        .replaceAll(/\/srv\/inbox|(?<=--documents )inbox/g, inbox)
        .replace('--max-cost 2', `--max-cost 2 --base-url ${bench.simulator.baseURL} --slot s1`),
  }
}

test('the units of systemd have no mistake that systemd-analyze finds', async ({ skip }) => {
  skip(!has('systemd-analyze', '--version'), 'systemd-analyze (Debian: systemd) is not installed')
  const units = ['nightly.service', 'nightly.timer'].map((name) => join(folder, 'systemd', name))
  expect(await run('systemd-analyze', ['verify', ...units])).toEqual({ status: 0, output: '' })
  const broken = join(await mkdtemp(join(tmpdir(), 'units-')), 'nightly.service')
  await writeFile(broken, (await read('systemd/nightly.service')).replace('KillMode=', 'KilMode='))
  expect((await run('systemd-analyze', ['verify', broken])).output).toContain('KilMode')
  const [, time = ''] = /^OnCalendar=(.*)$/m.exec(await read('systemd/nightly.timer')) ?? []
  expect(await run('systemd-analyze', ['calendar', time])).toMatchObject({ status: 0, output: expect.stringContaining('Next elapse') })
})

test('the command of the service gets its key from a credential, and finishes', async () => {
  await using bench = await Bench.open()
  const { home, localise } = await setUp(bench)
  await writeFile(join(home, 'deepseek'), 'canary\n')
  const [, script = ''] = /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(await read('systemd/nightly.service')) ?? []
  // systemd makes one dollar sign of two.
  const shell = localise(script.replaceAll('$$', '$'))
  expect(await run('/bin/sh', ['-c', shell], { CREDENTIALS_DIRECTORY: home, STATE_DIRECTORY: join(home, 'state') })).toEqual({ status: 0, output: '' })
  expect(bench.simulator.requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer canary', 'Bearer canary'])
  expect(await readFile(join(home, 'state/results/s1.jsonl'), 'utf8')).toContain('INV-2026-0002')
})

test('what the schedulers do with an exit code, and how long they wait, fits the program', async () => {
  const service = await read('systemd/nightly.service')
  const numbers = (name: string): readonly number[] => (new RegExp(`^${name}=(.*)$`, 'm').exec(service)?.[1] ?? '').split(' ').map(Number.parseFloat)
  expect(numbers('SuccessExitStatus')).toEqual([exitCodes.paused, exitCodes.overlap])
  expect(numbers('RestartPreventExitStatus')).toEqual([exitCodes.usage, exitCodes.cap, exitCodes.aborted])
  const { graceMs } = parseCommandLine([], new Date())
  expect(numbers('TimeoutStopSec')[0]).toBeGreaterThan(graceMs / 1_000)
  const cronJob = await read('kubernetes/nightly.yaml')
  expect(cronJob).toContain(`values: [${[exitCodes.usage, exitCodes.cap, exitCodes.paused].join(', ')}]`)
  expect(Number(/terminationGracePeriodSeconds: (\d+)/.exec(cronJob)?.[1])).toBeGreaterThan(graceMs / 1_000)
})

test('cron accepts the crontab', async ({ skip }) => {
  skip(!has('crontab', '-h'), 'crontab (Debian: cron) is not installed')
  const table = join(folder, 'nightly.crontab')
  skip(!(await run('crontab', ['-h'])).output.includes('-n'), 'this crontab has no dry run (-n)')
  expect((await run('crontab', ['-n', table])).status).toBe(0)
  const broken = join(await mkdtemp(join(tmpdir(), 'units-')), 'crontab')
  await writeFile(broken, (await read('nightly.crontab')).replace('17 5 * * *', '61 5 * * *'))
  expect(await run('crontab', ['-n', broken])).toMatchObject({ status: 1, output: expect.stringContaining('bad minute') })
})

test('the line of the crontab writes nothing when nothing needs attention, so nothing is mailed', async () => {
  await using bench = await Bench.open()
  const { home, localise } = await setUp(bench)
  await run('mkdir', ['-p', join(home, '.config/nightly')])
  await writeFile(join(home, '.config/nightly/deepseek'), 'canary')
  const lines = (await read('nightly.crontab')).trim().split('\n')
  const [, command = ''] = /^(?:\S+ ){5}(.*)$/.exec(lines.at(-1) ?? '') ?? []
  // cron ends a command at a percent sign, unless it is escaped.
  expect(command).not.toMatch(/(?<!\\)%/)
  expect(await run('/bin/sh', ['-c', localise(command)], { HOME: home })).toEqual({ status: 0, output: '' })
  expect(bench.simulator.requestCount).toBe(2)
})

test('the script of the workflow keeps the summary, and a question for a person is a warning', async () => {
  await using bench = await Bench.open((_, document) =>
    document === '2.txt' ? { toolCalls: [{ name: 'ask_clerk', input: { question: 'Which total is right?' } }] } : undefined,
  )
  const { home, localise } = await setUp(bench)
  const [, block = ''] = / {8}run: \|\n((?: {10}.*\n)+)/.exec(await read('github/nightly.yml')) ?? []
  const script = localise(block.replaceAll(/^ {10}/gm, '')).replace('--slot s1', `--slot s1 --state ${home}/state`)
  const summary = join(home, 'summary.md')
  // As GitHub runs it.
  const start = (text: string): Promise<Ran> =>
    run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', `cd '${home}'\n${text}`], { GITHUB_STEP_SUMMARY: summary, DEEPSEEK_API_KEY: 'canary' })
  expect(await start(script)).toMatchObject({ status: 0, output: expect.stringMatching(/^::warning::A person is asked/m) })
  expect(await readFile(summary, 'utf8')).toMatch(/^```\nnightly s1: 1 of 2 done[\s\S]*```\nexit code 4\n$/)
  expect((await start(script.replace('--max-cost 2', '--max-cost x'))).status).toBe(2)
})

test('the workflow and the cron job of Kubernetes fit their schemas', async ({ skip }) => {
  const check = (...files: readonly string[]): Promise<Ran> => run(process.execPath, [join(folder, 'linters/check.mjs'), ...files])
  const checked = await check(join(folder, 'github/nightly.yml'), join(folder, 'kubernetes/nightly.yaml'))
  skip(checked.output.includes('cannot be installed'), checked.output)
  expect(checked).toEqual({ status: 0, output: '' })
  const broken = await mkdtemp(join(tmpdir(), 'units-'))
  await writeFile(join(broken, 'nightly.yml'), (await read('github/nightly.yml')).replace('timeout-minutes', 'timeout-minute'))
  await writeFile(join(broken, 'kubernetes.yaml'), (await read('kubernetes/nightly.yaml')).replace('operator: In', 'operator: [In]'))
  const { status, output } = await check(join(broken, 'nightly.yml'), join(broken, 'kubernetes.yaml'))
  expect([status, output]).toEqual([1, expect.stringMatching(/timeout-minute[\s\S]*operator/)])
}, 150_000)
