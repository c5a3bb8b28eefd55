import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseCommandLine } from './command-line.ts'
import { invoiceText } from './support/made-up-documents.ts'
import { Bench, endOf, program } from './support/nightly-process.ts'
import { replyTo } from './support/offline-model.ts'

const capstan = fileURLToPath(new URL('../../packages/capstan/dist/cli.js', import.meta.url))

/** `script` of util-linux gives a command a terminal. */
const hasTerminal = /util-linux/.test(String(spawnSync('script', ['--version']).stdout))

test('200 documents: bad ones are listed and end nothing, a person is asked, and a second start asks only what is new', async () => {
  await using bench = await Bench.open()
  const first = await bench.run()
  expect(first.code).toBe(1)
  expect(first.stderr.split('\n').slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, index) => expect.stringMatching(`^${(index + 1) * 20} of 200, `)))
  expect(first.stdout).toMatch(/^nightly s1: 193 of 200 done \(0 by earlier starts\), 0\.0\d+ USD\n {2}6 failed, 1 asked .*, 0 left\n/)
  expect(bench.asked()).toHaveLength(194)

  const results = await bench.results()
  expect(results.map(({ document }) => document)).toEqual(results.map(({ document }) => document).sort())
  expect(results).toHaveLength(193)
  // The text in this document demands a total of 0.01.
  expect(results.find(({ document }) => document === '058.txt')).toMatchObject({ number: 'INV-2026-0058', total: expect.toSatisfy((total) => total > 1) })
  const failed = await bench.results('s1.failed.jsonl')
  expect(failed.map(({ document }) => document)).toEqual(['013.txt', '037.txt', '071.txt', '096.txt', '120.txt', '183.txt'])

  // The question waits for an answer, in any number of starts, and costs nothing.
  expect(await bench.run('--max-failed', '6')).toMatchObject({ code: 4, stdout: expect.stringContaining('193 by earlier starts') })
  const [, words = ''] = /capstan (runs approve .*) --answer TEXT/.exec(first.stdout) ?? []
  execFileSync(process.execPath, [capstan, ...words.split(' '), '--answer', '8,091.48'])
  expect(await bench.run('--max-failed', '6', '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(bench.asked(194)).toEqual(['111.txt'])
  expect((await bench.results()).find(({ document }) => document === '111.txt')).toMatchObject({ total: 8091.48 })
})

test('after kill -9 nothing that was finished is asked again, and there is no half of a result file', async () => {
  await using bench = await Bench.open()
  const killed = bench.start('--limit', '40')
  await bench.simulator.waitForRequest(20)
  killed.kill('SIGKILL')
  expect((await endOf(killed)).code).toBe(null)
  const before = bench.simulator.requestCount
  expect(await readdir(join(bench.state, 'results'))).toEqual(['s1.jsonl.part'])

  expect(await bench.run('--limit', '40', '--max-failed', '2', '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(await bench.results()).toHaveLength(38)
  // Only those that were in progress are asked twice.
  expect(bench.asked(before).filter((document) => bench.asked().slice(0, before).includes(document)).length).toBeLessThanOrEqual(8)
  expect(new Set(bench.asked()).size).toBe(38)
  expect(await readdir(join(bench.state, 'results'))).toEqual(['s1.failed.jsonl', 's1.jsonl'])
})

test('a second process ends with exit code 75 and asks nothing while the slot is worked on; another slot is free', async () => {
  await using bench = await Bench.open()
  const owner = bench.start('--limit', '12', '--concurrency', '1')
  const ended = endOf(owner)
  await bench.simulator.waitForRequest(1)
  // A suspended process still owns its slot.
  owner.kill('SIGSTOP')
  const asked = bench.simulator.requestCount
  const [second, third, other] = await Promise.all([bench.run('--limit', '12'), bench.run('--quiet'), bench.run('--slot', 's2', '--limit', '3', '--quiet')])
  expect(second).toEqual({ code: 75, stdout: '', stderr: expect.stringMatching(/owns it.* \(run-locked\)\n$/) })
  expect([third.code, other.code, bench.simulator.requestCount - asked]).toEqual([75, 0, 3])
  owner.kill('SIGCONT')
  expect((await ended).code).toBe(0)
})

test('the cap holds over all documents and starts, and a higher one continues', async () => {
  await using bench = await Bench.open()
  const spent = async (...more: readonly string[]) => {
    const { code, stdout } = await bench.run('--json', '--limit', '40', '--max-failed', '2', '--concurrency', '2', ...more)
    const { cost, left, isCapReached } = JSON.parse(stdout) as { cost: { amount: number }; left: number; isCapReached: boolean }
    return { code, amount: cost.amount, left, isCapReached }
  }
  const first = await spent('--max-cost', '0.022')
  expect(first).toMatchObject({ code: 3, isCapReached: true, left: expect.toSatisfy((left) => left > 0 && left < 38) })
  expect(first.amount).toBeLessThanOrEqual(0.022)
  const requests = bench.simulator.requestCount
  // What was spent counts in the next start, too.
  expect(await spent('--max-cost', '0.022')).toMatchObject({ code: 3, amount: first.amount })
  expect(bench.simulator.requestCount).toBe(requests)
  expect(await spent('--max-cost', '1')).toMatchObject({ code: 0, left: 0 })
  expect(bench.simulator.requestCount).toBe(38)
})

test('a dry run sends nothing and writes nothing, and knows what is finished', async () => {
  await using bench = await Bench.open()
  const state = join(bench.state, 'new')
  const plan = await bench.run('--dry-run', '--state', state)
  expect(plan).toMatchObject({ code: 0, stderr: '' })
  expect(plan.stdout).toMatch(/194 to ask, 0 finished, 0 asked .*, 6 unreadable\n[\s\S]*about [\d,]+ tokens in[\s\S]*\d USD[\s\S]*cap 2\.0000 USD/)
  expect([bench.simulator.requestCount, existsSync(state)]).toEqual([0, false])
  await bench.run('--limit', '5')
  expect((await bench.run('--dry-run')).stdout).toContain('189 to ask, 5 finished')
  expect(bench.simulator.requestCount).toBe(5)
})

test('only what failed is tried again, with a new run where the last one has ended', async () => {
  let isRepaired = false
  await using bench = await Bench.open((_, document) => {
    if (isRepaired) return undefined
    if (document === '002.txt') return { status: 400 }
    if (document === '003.txt') return { text: 'I would rather talk.' }
    const madeUp = { kind: 'invoice', number: 'INV-2026-0004', customer: null, date: null, currency: null, total: 4.5 }
    return document === '004.txt' ? { toolCalls: [{ name: 'final_answer', input: madeUp }] } : undefined
  })
  const first = await bench.run('--limit', '6')
  expect(first).toMatchObject({ code: 1, stdout: expect.stringMatching(/3 of 6 done.*\n {2}3 failed/) })
  expect((await bench.results('s1.failed.jsonl')).map(({ code }) => code).sort()).toEqual(['invalid-output', 'invalid-request', 'not-in-document'])
  isRepaired = true
  const before = bench.simulator.requestCount
  expect(await bench.run('--limit', '6', '--quiet')).toMatchObject({ code: 0 })
  expect([...bench.asked(before)].sort()).toEqual(['002.txt', '003.txt', '004.txt'])
  expect((await bench.results())[2]).toMatchObject({ document: '003.txt', run: expect.stringMatching(/\.2$/) })
})

test('a provider that is down, and a key that is refused, end the job early; the next start continues', async () => {
  let status: number | undefined = 401
  await using bench = await Bench.open(() => (status === undefined ? undefined : { status }))
  expect(await bench.run('--limit', '12')).toMatchObject({ code: 1, stdout: expect.stringMatching(/Ended early: .*401[\s\S]*Start it again/) })
  expect(bench.simulator.requestCount).toBeLessThanOrEqual(8)
  status = undefined
  expect(await bench.run('--limit', '12', '--quiet')).toMatchObject({ code: 0 })
})

test('SIGTERM lets the work in progress complete and begins nothing new: exit code 4, and the next start continues', async () => {
  await using bench = await Bench.open((request) => ({ ...replyTo(request), delayMs: 50 }))
  const child = bench.start('--limit', '40', '--max-failed', '2', '--concurrency', '2')
  const ended = endOf(child)
  await bench.simulator.waitForRequest(4)
  child.kill('SIGTERM')
  await untilStopping(child)
  const asked = bench.simulator.requestCount
  const { code, stdout } = await ended
  expect([code, stdout]).toEqual([4, expect.stringMatching(/ (\d+) of 40 done[\s\S]*Start it again to continue\.\n$/)])
  expect(await readdir(join(bench.state, 'results'))).not.toContain('s1.jsonl')
  // Two are in progress at a time.
  expect(bench.simulator.requestCount - asked).toBeLessThanOrEqual(2)
  expect(await bench.run('--limit', '40', '--max-failed', '2', '--quiet')).toMatchObject({ code: 0 })
  expect(bench.simulator.requestCount).toBe(38)
})

test('a second signal abandons the work in progress, and so does the end of the grace period: exit code 130', async () => {
  await using bench = await Bench.open((request) => ({ ...replyTo(request), delayMs: 600_000 }))
  const child = bench.start('--limit', '3')
  const ended = endOf(child)
  await bench.simulator.waitForRequest(3)
  child.kill('SIGINT')
  await untilStopping(child)
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 130, stdout: expect.stringContaining('0 of 3 done') })
  const next = bench.start('--limit', '3', '--grace-seconds', '0.1')
  const nextEnded = endOf(next)
  await bench.simulator.waitForRequest(6)
  next.kill('SIGTERM')
  expect((await nextEnded).code).toBe(130)
})

async function untilStopping({ stderr }: ChildProcess): Promise<void> {
  await new Promise<void>((resolve) => {
    stderr?.on('data', (chunk) => String(chunk).includes('Stopping') && resolve())
  })
}

test.skipIf(!hasTerminal)('a terminal gets one line that is redrawn, and removed at the end', async () => {
  await using bench = await Bench.open((request) => ({ ...replyTo(request), delayMs: 20 }))
  const words = [process.execPath, ...bench.words, '--limit', '40', '--max-failed', '2'].map(quoted).join(' ')
  const env = { ...process.env, DEEPSEEK_API_KEY: 'canary', SHELL: '/bin/sh', TERM: 'xterm' }
  const { code, stdout } = await endOf(spawn('script', ['-qefc', `stty cols 80; exec ${words}`, '/dev/null'], { env }))
  const [first, ...frames] = (stdout.split('nightly s1')[0] ?? '').split('\r\u001b[K')
  expect([code, first, frames.pop()]).toEqual([0, '', ''])
  expect(frames.length).toBeGreaterThan(1)
  expect(frames).toEqual(frames.map(() => expect.stringMatching(/^\[#*-*\] +\d+\/40 +\d+% {2}\d failed {2}0 asked {2}0\.\d{4} USD$/)))
})

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

test('text of file names cannot control a terminal, and unknown files of a folder are refused one by one', async () => {
  await using bench = await Bench.open()
  const folder = await mkdtemp(join(tmpdir(), 'documents-'))
  await writeFile(join(folder, 'a\u001b[2J\u202e\n.txt'), '')
  await writeFile(join(folder, 'b.txt'), invoiceText(7))
  await mkdir(join(folder, 'sub'))
  const { code, stdout } = await bench.run('--documents', folder)
  expect([code, bench.simulator.requestCount]).toEqual([1, 1])
  expect(stdout).toContain('  failed: a\\u{1b}[2J\\u{202e}\\u{a}.txt: empty (unreadable)')
})

test('a mistake on the command line is exit code 2, with what to write instead', async () => {
  expect(() => parseCommandLine(['--concurrency', '0'], new Date())).toThrow('--concurrency must be an integer of at least 1, not "0"')
  expect(() => parseCommandLine(['--slot', '../x'], new Date())).toThrow('--slot must have letters')
  expect(() => parseCommandLine(['--prices', '1'], new Date())).toThrow('--prices must be two numbers')
  expect(() => parseCommandLine(['--limits', '3'], new Date())).toThrow("Unknown option '--limits'")
  expect(parseCommandLine([], new Date('2026-11-29T23:59:59-02:00'))).toMatchObject({ slot: '2026-11-30', maxCostMicros: 2_000_000 })
  await using bench = await Bench.open()
  const ended = await Promise.all([bench.run('--what'), bench.run('--model', 'other/x'), bench.run('--model', 'evolink')])
  expect(ended.map(({ code, stdout }) => [code, stdout])).toEqual(ended.map(() => [2, '']))
  expect(ended[1]?.stderr).toContain('--model must be deepseek/ID, moonshot/ID or evolink/ID')
  expect(ended[2]?.stderr).toContain('give --prices IN,OUT')
})

test('without known prices nothing is sent unless they are given, or there is no cap', async () => {
  await using bench = await Bench.open(() => undefined, 'evolink')
  const evolink = ['--model', 'evolink/deepseek-chat', '--limit', '2', '--json']
  const { EVOLINK_API_KEY: _, ...env } = process.env
  const start = (...more: readonly string[]) =>
    endOf(spawn(process.execPath, [...bench.words, ...evolink, ...more], { env: { ...env, EVOLINK_API_KEY: 'canary' } }))
  expect((await start()).code).toBe(2)
  expect(bench.simulator.requestCount).toBe(0)
  const [priced, uncapped] = await Promise.all([start('--prices', '1,2'), start('--max-cost', 'none', '--slot', 's2')])
  expect(JSON.parse(priced.stdout)).toMatchObject({ done: 2, cost: { currency: 'USD', amount: expect.toSatisfy((amount) => amount > 0) } })
  expect(uncapped.stderr).toBe('1 of 2, 0 failed, 0 asked, cost unknown\n2 of 2, 0 failed, 0 asked, cost unknown\n')
  expect(JSON.parse(uncapped.stdout)).not.toHaveProperty('cost')
  expect([priced.code, uncapped.code]).toEqual([0, 0])
})

test('without a key it says that it runs offline; the help fits into 80 columns', async () => {
  const { EVOLINK_API_KEY: _, ...env } = process.env
  const state = await mkdtemp(join(tmpdir(), 'nightly-'))
  const offline = await endOf(spawn(process.execPath, [program, '--state', state, '--limit', '3', '--slot', 's1'], { env }))
  expect(offline).toMatchObject({ code: 0, stderr: expect.stringMatching(/^No key was found, so this runs offline[\s\S]*3 of 3, /) })
  const help = await endOf(spawn(process.execPath, [program, '--help'], { env }))
  expect(Math.max(...help.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
})
