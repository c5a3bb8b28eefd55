import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../crashes/main.mjs', import.meta.url))

// The whole matrix is `npm run crashes -- --store dbos`.
test('runs on DBOS whose workers are killed go on to the same result', ({ skip }) => {
  const { CAPSTAN_REPORT: _, ...env } = process.env
  const { stdout } = spawnSync(process.execPath, [script, '--quick', '--store', 'dbos'], { encoding: 'utf8', env, timeout: 140_000 })
  const missing = /^skipped dbos: (.*)/m.exec(stdout)?.[1]
  if (missing !== undefined) skip(missing)
  expect(stdout).not.toMatch(/^FAILED/m)
  expect(stdout).toMatch(/^13 passed, 0 failed, 0 skipped/m)
}, 150_000)
