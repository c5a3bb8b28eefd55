import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSimulator } from '@capstan/simulator'
import { beforeAll, expect, test } from 'vitest'
import { capstan, type Ended } from '../testing/command.ts'

const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const page = readFileSync(join(repository, 'docs/debugging.md'), 'utf8')
const blocksOf = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, code = '']) => code)
const [setUp = '', ...rest] = blocksOf('sh')
const commands = rest.flatMap((code) => code.trim().split('\n'))
const timeout = 60_000

let folder = ''
const run: Set<string> = new Set()

beforeAll(() => {
  const clone = mkdtempSync(join(tmpdir(), 'capstan-docs-debugging-'))
  symlinkSync(join(repository, 'packages'), join(clone, 'packages'))
  expect(execFileSync('sh', ['-c', `${setUp}\ncapstan --help`], { cwd: clone, encoding: 'utf8' })).toContain('capstan trace FILE')
  folder = join(clone, 'try')
  const [agent = '', change = ''] = blocksOf('js')
  writeFileSync(join(folder, 'odd.js'), agent)
  const [, mended = ''] = /\n(execute: .*),\n/.exec(change) ?? []
  const packer = agent.replace(/execute: .*(?=,\n\}\))/, mended)
  expect(packer).not.toBe(agent)
  writeFileSync(join(folder, 'packer.js'), packer)
})

/** Runs a command of the page, which must be there, as a reader would. One that serves a page is interrupted when `serve` has used it. */
async function follow(
  command: string,
  { env = {}, serve }: { readonly env?: Readonly<Record<string, string>>; readonly serve?: (url: string) => Promise<void> } = {},
): Promise<Ended> {
  expect(commands).toContain(command)
  run.add(command)
  const [, ...args] = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  let served: Promise<void> | undefined
  const ended = await capstan(args, {
    cwd: folder,
    env: { NO_COLOR: '1', ...env },
    onStdout: (stdout, child) => {
      if (serve === undefined || served !== undefined || !stdout.endsWith('\n')) return
      served = serve(stdout.trim()).finally(() => child.kill('SIGINT'))
    },
  })
  await served
  return ended
}

async function linesOf(url: string): Promise<string> {
  const { runs } = (await (await fetch(`${url}runs`)).json()) as { readonly runs: readonly { readonly id: string }[] }
  expect(runs).toHaveLength(1)
  const response = await fetch(`${url}run?id=${encodeURIComponent(runs[0]?.id ?? '')}`)
  const reader = response.body?.getReader()
  const first = await reader?.read()
  await reader?.cancel()
  return new TextDecoder().decode(first?.value)
}

test('the odd run is recorded, shows the wrong unit, and leaves its course when it is mended', { timeout }, async () => {
  await using simulator = await startSimulator()
  const env = { MODEL_URL: simulator.baseURL, EVOLINK_API_KEY: 'docs-debugging-key' }
  const odd = await follow('capstan run --agent ./odd.js --trace odd.trace.jsonl "What does the tent weigh?"', { env })
  expect(odd.code).toBe(0)
  expect(odd.stdout).toContain('1200')
  expect(readFileSync(join(folder, 'odd.trace.jsonl'), 'utf8')).not.toContain('docs-debugging-key')

  const shown = await follow('capstan trace odd.trace.jsonl', {
    serve: async (url) => {
      const lines = await linesOf(url)
      expect(lines).toContain('"text":"{\\"item\\":\\"tent\\",\\"kg\\":1200}"')
      expect(lines).toContain('"type":"exchange"')
    },
  })
  expect(shown.code).toBe(0)

  const requests = simulator.requestCount
  const replayed = await follow('capstan replay odd.trace.jsonl --agent ./packer.js --run-tool weigh')
  expect(replayed.code).toBe(1)
  const [difference = 'none'] = blocksOf('text')
  expect(replayed.stdout).toContain(difference)
  expect(simulator.requestCount).toBe(requests)

  expect((await follow('capstan trace odd.trace.jsonl --html odd.html')).code).toBe(0)
  expect(readFileSync(join(folder, 'odd.html'), 'utf8')).toContain('1200')
})

test('the other ways in: a folder while a run goes, and a journal', { timeout }, async () => {
  await using simulator = await startSimulator()
  const env = { MODEL_URL: simulator.baseURL, EVOLINK_API_KEY: 'docs-debugging-key', CAPSTAN_TRACE: 'traces' }
  const recorded = await capstan(['run', '--agent', './odd.js', '--journal', '.capstan/runs', 'What does the tent weigh?'], { cwd: folder, env })
  expect(recorded.code).toBe(0)
  for (const command of ['capstan trace traces --follow', 'capstan trace .capstan/runs']) {
    const serve = async (url: string): Promise<void> => expect(await linesOf(url)).toContain('\\"kg\\":1200')
    expect((await follow(command, { serve })).code).toBe(0)
  }
})

test('every command of the page was run', () => {
  expect([...run].sort()).toEqual([...commands].sort())
})
