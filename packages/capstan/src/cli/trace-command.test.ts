import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeAgentFolder } from '../testing/agent-file.ts'
import { capstan, hasTerminal, Terminal } from '../testing/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'capstan-trace-command-'))
const path = (name: string): string => join(folder, name)
const hostile = 'odd\u001b]0;x\u0007\u202ename'
const event = (type: string, fields: object = {}): object => ({ type: 'event', event: { type, step: 0, runId: hostile, seq: 1, at: 1, ...fields } })
const trace = [{ type: 'trace', version: 1, at: 1, capstan: '0', node: 'v20', pid: 1 }, event('run-start', { agent: 'helper', model: 'm' })]
writeFileSync(path('run.trace.jsonl'), trace.map((line) => `${JSON.stringify(line)}\n`).join(''))

/** Runs `capstan trace` until its page is served, does the work with the address, and interrupts it. */
async function serving(args: readonly string[], work: (url: string) => Promise<void>): Promise<{ readonly code: number | null; readonly stderr: string }> {
  let isReady = false
  let done: Promise<void> | undefined
  const { code, stderr } = await capstan(['trace', ...args], {
    onStdout: (stdout, child) => {
      if (isReady || !stdout.endsWith('\n')) return
      isReady = true
      done = work(stdout.trim()).finally(() => child.kill('SIGINT'))
    },
  })
  expect(isReady).toBe(true)
  await done
  return { code, stderr }
}

async function readJson(url: string): Promise<unknown> {
  return await (await fetch(url)).json()
}

test('prints the address of a page, serves it, and ends with Ctrl-C', async () => {
  const ended = await serving([path('run.trace.jsonl')], async (url) => {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/)
    expect(await (await fetch(url)).text()).toContain('<title>Capstan trace</title>')
    expect(await readJson(`${url}runs`)).toMatchObject({ runs: [{ runId: hostile, agent: 'helper' }], setup: { follow: false } })
  })
  expect(ended.code).toBe(0)
  expect(ended.stderr.split('\n').every((line) => line.length <= 80)).toBe(true)
  expect(ended.stderr).toContain('Ctrl-C ends it.')
})

test('follows a file that is not there yet', async () => {
  const late = path('late.trace.jsonl')
  let isWaiting = false
  const { code } = await capstan(['trace', late, '--follow'], {
    onStderr: (stderr) => {
      if (isWaiting || !stderr.includes('Waiting for')) return
      isWaiting = true
      writeFileSync(late, readFileSync(path('run.trace.jsonl')))
    },
    onStdout: (_, child) => child.kill('SIGINT'),
  })
  expect([code, isWaiting]).toEqual([0, true])
})

test('writes one file that only its owner can read, and says what is in it', async () => {
  const { code, stdout, stderr } = await capstan(['trace', path('run.trace.jsonl'), '--html', path('run.html')])
  expect([code, stdout]).toEqual([0, `${path('run.html')}\n`])
  expect(stderr).toBe(
    'The run odd<U+001B>]0;x<U+0007><U+202E>name: 1 event and 0 exchanges of HTTP.\nThe file holds the contents of all its messages, tool calls and results.\nLook at it before you pass it on.\n',
  )
  expect(statSync(path('run.html')).mode & 0o777).toBe(0o600)
  expect(readFileSync(path('run.html'), 'utf8')).toContain('"agent":"helper"')
})

test('the runs of a journal open without wire, one or all, with what people were asked and how they answered', async () => {
  const { agent } = makeAgentFolder()
  const journal = path('journal')
  const run = ['run', agent('payer'), '--journal', journal, '--run-id', 'invoice 7', 'Pay.']
  expect((await capstan(run)).code).toBe(4)
  const shown = await capstan(['runs', 'show', 'invoice 7', '--journal', journal, '--json'])
  const [{ id = '' } = {}] = (JSON.parse(shown.stdout) as { readonly questions: readonly { readonly id?: string }[] }).questions
  expect((await capstan(['runs', 'approve', 'invoice 7', id, '--journal', journal])).code).toBe(0)
  expect((await capstan(run)).code).toBe(0)
  for (const location of [journal, join(journal, 'invoice%207')]) {
    const { code } = await serving([location], async (url) => {
      expect(await readJson(`${url}runs`)).toMatchObject({ runs: [{ runId: 'invoice 7', source: 'journal', status: 'finished' }] })
      const text = await (await fetch(`${url}run?id=invoice%25207`)).text()
      const lines = text
        .split('\n')
        .flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6)) as { type: string; event?: { type: string } }] : []))
      const types = lines.map(({ type, event }) => event?.type ?? type)
      expect(types).toEqual(
        [
          'run',
          'run-start',
          'attempt',
          'message-end',
          'question',
          'run-end',
          'question',
          'tool-start',
          'tool-end',
          'step-end',
          'attempt',
          'message-end',
        ].concat(['step-end', 'run-end']),
      )
      expect(lines.filter(({ type }) => type === 'question').at(-1)).toMatchObject({ answer: { approve: true }, answeredAt: expect.any(Number) })
    })
    expect(code).toBe(0)
  }
}, 60_000)

test('what cannot be shown is an error that says what to do', async () => {
  mkdirSync(path('empty'))
  mkdirSync(path('other'))
  writeFileSync(path('other/readme.txt'), 'hello')
  writeFileSync(path('notes.txt'), 'hello\n')
  writeFileSync(path('empty.jsonl'), '')
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['missing'], 1, /There is no file or folder missing\. To record a run into it: capstan run --trace missing "question"/],
    [[path('empty')], 1, /is empty\. To record a run/],
    [[path('empty.jsonl')], 1, /cannot be shown\. It is empty\./],
    [[path('notes.txt')], 1, /cannot be shown\. It is not a trace/],
    [[path('other')], 2, /is not a journal/],
    [[], 2, /trace needs a file or folder/],
    [['a', 'b'], 2, /trace does not take the argument 'b'/],
    [['a', '--html', 'b', '--follow'], 2, /--html writes a file once/],
    [['a', '--run', 'b'], 2, /--run chooses the run for --html/],
    [['a', '--folow'], 2, /Use --follow/],
    [[path('run.trace.jsonl'), '--html', path('empty')], 1, /EISDIR/],
    [[path('run.trace.jsonl'), '--html', path('x.html'), '--run', 'other'], 2, /There is no run 'other'/],
  ]
  const ended = await Promise.all(cases.map(async ([args]) => await capstan(['trace', ...args])))
  for (const [index, { code, stdout, stderr }] of ended.entries()) {
    const [args, expected, pattern] = cases[index] ?? [[], 0, /never/]
    expect([args, code, stdout]).toEqual([args, expected, ''])
    expect(stderr.replace(/\s+/g, ' ')).toMatch(pattern)
  }
}, 60_000)

test.runIf(hasTerminal)('a terminal of 80 columns shows the address, and Ctrl-C leaves it clean', async () => {
  await using terminal = new Terminal(['trace', path('run.trace.jsonl')])
  await terminal.until(/Ctrl-C ends it\./)
  terminal.type('\u0003')
  expect(await terminal.ended).toBe(0)
  expect(terminal.screen.split(/\r?\n/).filter((line) => line.length > 80)).toEqual([])
})
