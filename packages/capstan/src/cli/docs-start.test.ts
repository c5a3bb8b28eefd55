import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startSimulator } from '@capstan/simulator'
import { expect, test } from 'vitest'

const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const page = readFileSync(join(repository, 'docs/start.md'), 'utf8')

test('the program of the page answers with what its tool returned', { timeout: 30_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-docs-start-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(join(repository, 'packages/capstan'), join(folder, 'node_modules/capstan'))
  symlinkSync(join(repository, 'examples/node_modules/zod'), join(folder, 'node_modules/zod'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const [, code = ''] = /^```js\n(\/\/ ask\.js\n[\s\S]*?)^```/m.exec(page) ?? []
  writeFileSync(join(folder, 'ask.js'), code)

  await using simulator = await startSimulator()
  const env = { ...process.env, MODEL_URL: simulator.baseURL, EVOLINK_API_KEY: 'test' }
  const { stdout } = await promisify(execFile)(process.execPath, ['ask.js'], { cwd: folder, env })
  expect(stdout).toMatch(/Hangzhou.*light rain.*18/)
})

test('the scripts and commands of the page exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { readonly scripts: Readonly<Record<string, string>> }
  const named = [...page.matchAll(/\bnpm (start|run ([a-z-]+))/g)].map(([, first = '', name = first]) => name)
  expect(named).toEqual(['start', 'pack-all', 'support-desk', 'nightly', 'irc-bot', 'webhook-bot'])
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
})
