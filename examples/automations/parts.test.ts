import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileJournal } from 'capstan'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Budget } from './budget.ts'
import { chooseModel } from './choose-model.ts'
import { exitCodeOf } from './exit-codes.ts'
import { type Invoice, problemOf } from './invoice.ts'
import { type Admission, runPool } from './pool.ts'
import { Progress } from './progress.ts'
import { runIdOf } from './read-invoice.ts'
import { ResultFile } from './results.ts'
import { takeSlot } from './slot.ts'
import { endOf } from './support/nightly-process.ts'

const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), 'parts-'))

test.each([
  ['Total 1,240.00', 1240, undefined],
  ['Total 1.240,50', 1240.5, undefined],
  ["Total 1'240", 1240, undefined],
  ['Total 1\u202f240,5', 1240.5, undefined],
  ['Total 0.99', 0.99, undefined],
  ['Total 1,240.00', 0.01, 'the total 0.01 is not in the document'],
  ['Total 1,240.00', 240, 'the total 240 is not in the document'],
  ['Total 1,240.00', null, 'an invoice without a number or a total'],
])('a total must be in the document: %s, %s', (text, total, problem) => {
  const invoice: Invoice = { kind: 'invoice', number: 'A-7', customer: null, date: null, currency: null, total }
  expect(problemOf(invoice, `Invoice A-7\n${text}\n`)).toBe(problem)
  expect(problemOf({ ...invoice, number: 'B-7' }, `Invoice A-7\n${text}\n`)).toBe(total === null ? problem : 'the number "B-7" is not in the document')
})

test.each([
  [{}, 0],
  [{ failed: 2, maxFailed: 2 }, 0],
  [{ waiting: 1 }, 4],
  [{ failed: 3, maxFailed: 2, waiting: 1 }, 1],
  [{ failed: 3, left: 5 }, 4],
  [{ failed: 3, left: 5, isCapReached: true }, 3],
  [{ left: 5, isCapReached: true, hasBroken: true }, 1],
  [{ left: 5, hasBroken: true, isAborted: true }, 130],
])('%j is exit code %i', (end, code) => {
  const nothing = { isAborted: false, hasBroken: false, failed: 0, maxFailed: 0, isCapReached: false, waiting: 0, left: 0 }
  expect(exitCodeOf({ ...nothing, ...end })).toBe(code)
})

test('a slot has one owner at a time, and leaves nothing in the journal when it is released', async () => {
  const folder = await temporary()
  const release = await takeSlot(fileJournal(folder), 's1')
  await expect(takeSlot(fileJournal(folder), 's1')).rejects.toMatchObject({ code: 'run-locked' })
  await (await takeSlot(fileJournal(folder), 's2'))()
  await release()
  expect((await fileJournal(folder).list()).runs).toEqual([])
  await (await takeSlot(fileJournal(folder), 's1'))()
  expect([runIdOf('s1', 'a.txt.123', 1), runIdOf('s1', 'a.txt.123', 2)]).toEqual(['s1.a.txt.123', 's1.a.txt.123.2'])
})

test('a budget is never passed, whatever is in progress and however much of its reservation it uses', async () => {
  const budget = new Budget(100)
  let most = 0
  let running = 0
  const done: number[] = []
  await runPool(
    Array.from({ length: 50 }, (_, index) => index),
    {
      concurrency: 4,
      admit: (): Admission => (budget.hasRoomFor(20) ? 'start' : 'wait'),
      work: async (index) => {
        budget.reserve(20)
        running += 1
        most = Math.max(most, running)
        await new Promise(setImmediate)
        running -= 1
        budget.settle(20, index % 2 === 0 ? 20 : 1)
        done.push(index)
      },
    },
  )
  expect(most).toBe(4)
  expect(budget.spentMicros).toBe(83)
  expect(done).toHaveLength(7)
})

test('a result file has the order of the documents, and its name only when it is complete', async () => {
  const path = join(await temporary(), 'r.jsonl')
  const file = await ResultFile.create(path)
  file.put(2, { document: 'c' })
  file.put(0, { document: 'a' })
  expect(await readFile(`${path}.part`, 'utf8')).toBe('{"document":"a"}\n')
  file.put(1, undefined)
  expect(await readFile(`${path}.part`, 'utf8')).toBe('{"document":"a"}\n{"document":"c"}\n')
  file.end(false)
  expect(await readdir(dirname(path))).toEqual(['r.jsonl.part'])
  const next = await ResultFile.create(path)
  next.put(0, { document: 'z' })
  next.end(true)
  expect([await readdir(dirname(path)), await readFile(path, 'utf8')]).toEqual([['r.jsonl'], '{"document":"z"}\n'])
})

test('progress in a pipe is a line for each tenth; quiet writes only what must be seen, without control characters', () => {
  const written: string[] = []
  const output = { write: (text: string) => written.push(text) }
  const progress = new Progress(output, { total: 30, quiet: false })
  for (let done = 0; done <= 30; done += 1) progress.update(done, ['0 failed'])
  progress.end()
  expect(written.filter((text) => text !== '')).toEqual(Array.from({ length: 10 }, (_, index) => `${(index + 1) * 3} of 30, 0 failed\n`))
  written.length = 0
  const quiet = new Progress({ ...output, isTTY: true, columns: 80 }, { total: 30, quiet: true })
  quiet.update(30, [])
  quiet.say('stop\u001b[2J')
  expect(written).toEqual(['stop\\u{1b}[2J\n'])
})

test('a bar is never as wide as the terminal, and a line for people is printed above it', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const written: string[] = []
  const terminal = { isTTY: true, columns: 30, write: (text: string) => written.push(text) }
  const progress = new Progress(terminal, { total: 30, quiet: false })
  progress.update(15, ['0 failed', '0.0001 USD'])
  expect(written).toEqual([])
  vi.advanceTimersByTime(100)
  terminal.columns = 80
  progress.update(16, ['1 failed'])
  progress.say('Stopping')
  progress.end()
  const bar = '[############------------] 16/30  53%  1 failed'
  expect(written).toEqual([`\r\u001b[K${'[############------------] 15/30'.slice(0, 29)}`, '\r\u001b[KStopping\n', `\r\u001b[K${bar}`, '\r\u001b[K'])
})

test('the vendor whose key is set is chosen, with the limits of the command line', async () => {
  const choice = { concurrency: 1, requestsPerMinute: 6_000 }
  const chosen = await chooseModel(choice, { MOONSHOT_API_KEY: 'canary' })
  expect(chosen?.model.id).toMatch(/^moonshot\//)
  const limiter = chosen?.model.limiter ?? expect.unreachable('the model has no limiter')
  const controller = new AbortController()
  await limiter.acquire(1, controller.signal)
  const second = limiter.acquire(1, controller.signal)
  controller.abort(new Error('the second request waits'))
  await expect(second).rejects.toThrow('the second request waits')
  expect((await chooseModel({ ...choice, model: 'evolink/kimi-k3' }, {}))?.model.id).toBe('evolink/kimi-k3')
  expect(await chooseModel({ ...choice, model: 'constructor' }, {})).toBeUndefined()
})

test('a question a day with the command only: a second start prints the recorded answer', async () => {
  const folder = await temporary()
  const cli = fileURLToPath(new URL('../../packages/capstan/dist/cli.js', import.meta.url))
  await writeFile(join(folder, 'capstan'), `#!/bin/sh\necho start >>'${folder}/starts'\nexec '${process.execPath}' '${cli}' "$@"\n`)
  await chmod(join(folder, 'capstan'), 0o755)
  const script = fileURLToPath(new URL('question.sh', import.meta.url))
  const start = () => endOf(spawn('sh', [script, join(folder, 'reports'), '--offline'], { env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` } }))
  expect(await start()).toEqual({ code: 0, stdout: '', stderr: '' })
  const [, report = ''] = (await readdir(join(folder, 'reports'))).sort().reverse()
  const text = await readFile(join(folder, 'reports', report), 'utf8')
  expect(text).toMatch(/\d+ days/)
  expect(await start()).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(await readFile(join(folder, 'reports', report), 'utf8')).toBe(text)
  expect(await readFile(join(folder, 'starts'), 'utf8')).toBe('start\nstart\n')
})
