import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
const project = join(dirname(fileURLToPath(import.meta.url)), '..', 'type-tests')

test('inputs are inferred, wrong uses do not compile, and the tests are typed', { timeout: 60_000 }, () => {
  const { stdout } = spawnSync(process.execPath, [join(typescript, 'bin', 'tsc'), '-p', project], { encoding: 'utf8' })
  expect(stdout).toBe('')
})
