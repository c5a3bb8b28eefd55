import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readTrace, type TraceLine } from '@capstan/trace'
import { expect, test } from 'vitest'
import { capstan } from '../testing/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'cli-traces-'))
const question = ['--offline', '--quiet', 'What is 17*23?']

function typesIn(lines: readonly TraceLine[]): ReadonlySet<string> {
  return new Set(lines.map((line) => (line.type === 'event' ? line.event.type : line.type)))
}

test('--trace writes the events and the exchanges of a run to a file, and a later run to the same one', async () => {
  const file = join(folder, 'new', 'run.trace.jsonl')
  for (const count of [1, 2]) {
    expect(await capstan(['run', '--trace', file, ...question])).toMatchObject({ code: 0, stdout: '17*23 is 391.\n' })
    const { lines, problems } = await readTrace(file)
    expect(problems).toEqual([])
    expect(lines.filter((line) => line.type === 'trace')).toHaveLength(count)
    expect(lines.filter((line) => line.type === 'event' && line.event.type === 'run-end')).toHaveLength(count)
    expect(typesIn(lines)).toContain('exchange')
  }
  expect(statSync(file).mode & 0o777).toBe(0o600)
}, 30_000)

test('CAPSTAN_TRACE names a folder for the runs of the command, and --trace goes before it', async () => {
  const env = { CAPSTAN_TRACE: join(folder, 'all') }
  const ended = await capstan(['run', '--offline', 'What is 17*23?'], { env })
  expect(ended.stderr).toContain(`· trace in ${env.CAPSTAN_TRACE}`)
  const [name = '', ...others] = readdirSync(env.CAPSTAN_TRACE)
  expect(others).toEqual([])
  expect(typesIn((await readTrace(join(env.CAPSTAN_TRACE, name))).lines)).toContain('run-end')
  await capstan(['run', '--trace', join(folder, 'one.jsonl'), ...question], { env })
  expect(readdirSync(env.CAPSTAN_TRACE)).toEqual([name])
  expect(readFileSync(join(folder, 'one.jsonl'), 'utf8')).toContain('run-end')
}, 30_000)

test('a trace that cannot be written is refused before anything is sent', async () => {
  const ended = await capstan(['run', '--trace', '/proc/none/run.jsonl', ...question])
  expect(ended).toMatchObject({ code: 2, stdout: '' })
  expect(ended.stderr).toContain('The trace cannot be written to /proc/none/run.jsonl')
})
