import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSimulator } from '@capstan/simulator'
import { beforeAll, expect, test } from 'vitest'
import { cli } from '../testing/command.ts'

const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const page = readFileSync(join(repository, 'docs/testing.md'), 'utf8')
const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language = '', code = '']) => ({ language, code }))
const commands = blocks.flatMap(({ language, code }) => (language === 'sh' ? code.trim().split('\n') : []))

let folder = ''

// The files of the page, in a project that has the packages installed.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'capstan-docs-testing-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(join(repository, 'packages/capstan'), join(folder, 'node_modules/capstan'))
  symlinkSync(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), join(folder, 'node_modules/vitest'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  for (const { language, code } of blocks) {
    const name = language === 'js' ? /^\/\/ ([\w.]+)\n/.exec(code)?.[1] : undefined
    if (name !== undefined) writeFileSync(join(folder, name), code)
  }
  const packer = readFileSync(join(folder, 'packer.js'), 'utf8')
  writeFileSync(join(folder, 'odd.js'), packer.replace('grams[item] / 1000', 'grams[item]'))
})

/** Runs a command of the page, which must be there, as a reader would. */
async function run(command: string, env: Readonly<Record<string, string>> = {}): Promise<{ readonly code: number; readonly output: string }> {
  expect(commands).toContain(command)
  const [, assignments = '', rest = ''] = /^((?:[A-Z]+=\S+ )*)(.*)$/.exec(command) ?? []
  const own = Object.fromEntries(
    assignments
      .trim()
      .split(' ')
      .filter(Boolean)
      .map((one) => one.split('=')),
  )
  const words = [...rest.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  const { CI: _, VITEST: __, NODE_TEST_CONTEXT: ___, EVOLINK_API_KEY: ____, ...inherited } = process.env
  const child = spawn(process.execPath, argumentsOf(words), { cwd: folder, env: { ...inherited, NO_COLOR: '1', ...env, ...own } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
  const [code] = await once(child, 'close')
  return { code: Number(code), output }
}

function argumentsOf([program, ...args]: readonly string[]): readonly string[] {
  if (program === 'capstan') return [cli, ...args]
  // On a busy machine, the first test of a file waits for its modules.
  if (program === 'npx') return [join(folder, 'node_modules/vitest/vitest.mjs'), ...args.slice(1), '--testTimeout=30000']
  return args
}

/** What docs/testing.md says of the mock timers of `node:test`. */
const mockTimers = `
import { mock, test } from 'node:test'
import { Agent } from 'capstan'
import { assertCalled, assertFinished, openTape, scriptedModel } from 'capstan/testing'
import { agent } from './odd.js'

test('a scripted model and a tape work under mock timers', async () => {
  mock.timers.enable()
  assertFinished(await new Agent({ model: scriptedModel(['Done.']) }).generate('go'), 'Done.')
  const tape = openTape('odd.trace.jsonl', { record: 'none' })
  assertCalled(await tape.agent(agent).generate('What does the tent weigh?'), 'weigh', { item: 'tent' })
  tape.assertDone()
})
`

// Each process loads all modules again.
const timeout = 60_000

test('the tests of the page pass in real processes of node:test', { timeout }, async () => {
  const [refund, clock] = await Promise.all([run('node --test refund.test.js'), run('node --test clock.test.js')])
  expect(refund.output).toMatch(/pass 2\n[\s\S]*fail 0/)
  expect(clock.output).toMatch(/pass 1\n[\s\S]*fail 0/)
})

test('the test of the page passes in a real process of vitest, and fails with the list of calls when it should', { timeout }, async () => {
  expect(await run('npx vitest run')).toMatchObject({ code: 0, output: expect.stringMatching(/1 passed/) })
  const spec = readFileSync(join(folder, 'refund.spec.js'), 'utf8')
  writeFileSync(join(folder, 'refund.spec.js'), spec.replace('not.toHaveCalled', 'toHaveCalled'))
  const failed = await run('npx vitest run')
  expect(failed.code).toBe(1)
  expect(failed.output).toContain('  2. refund {"amount":5,"note":"sorry"}: ok (amount is 5 instead of 6)')
})

test('the odd run: recorded, looked at, mended, replayed, and kept by a tape', { timeout }, async () => {
  await using simulator = await startSimulator()
  const online = { MODEL_URL: simulator.baseURL, EVOLINK_API_KEY: 'docs-testing-key' }
  expect(await run('capstan run --agent ./odd.js --trace odd.trace.jsonl "What does the tent weigh?"', online)).toMatchObject({
    code: 0,
    output: expect.stringContaining('1200'),
  })
  expect((await run('capstan trace odd.trace.jsonl --html odd.html')).code).toBe(0)
  expect(readFileSync(join(folder, 'odd.html'), 'utf8')).toContain('1200')

  writeFileSync(join(folder, 'clock.test.js'), mockTimers)
  expect((await run('node --test clock.test.js')).output).toMatch(/pass 1\n/)

  const replayed = await run('capstan replay odd.trace.jsonl --agent ./packer.js --run-tool weigh')
  expect(replayed).toMatchObject({ code: 1 })
  const shown = blocks.find(({ language, code }) => language === 'text' && code.startsWith('Calls:'))?.code ?? 'none'
  // In a pipe a line is not broken.
  expect(replayed.output.replace(/\s+/g, ' ')).toContain(shown.trim().replace(/\s+/g, ' '))

  const requests = simulator.requestCount
  const recorded = await run('node --test packer.test.js', online)
  expect(recorded.output).toMatch(/pass 1\n/)
  expect(simulator.requestCount).toBe(requests + 2)
  expect((await run('CI=true node --test packer.test.js')).output).toMatch(/pass 1\n/)
  expect(readFileSync(join(folder, 'packer.tape.jsonl'), 'utf8')).not.toContain('docs-testing-key')

  writeFileSync(join(folder, 'packer.js'), readFileSync(join(folder, 'odd.js')))
  const broken = await run('CI=true node --test packer.test.js')
  expect(broken.output).toMatch(/fail 1\n/)
  expect(broken.output).toContain('- {"item":"tent","kg":1200}'.replace('1200', '1.2'))
  expect(broken.output).toContain('+ {"item":"tent","kg":1200}')
  expect(simulator.requestCount).toBe(requests + 2)
})
