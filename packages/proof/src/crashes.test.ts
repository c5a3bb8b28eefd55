import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../crashes/main.mjs', import.meta.url))

// The whole matrix is `npm run crashes`.
test('runs that are killed go on in new processes to the same result, and no effect is repeated that must not be', () => {
  const { CAPSTAN_REPORT: _, ...env } = process.env
  const output = execFileSync(process.execPath, [script, '--quick'], { encoding: 'utf8', env })
  expect(output).not.toMatch(/^FAILED/m)
  expect(output).toMatch(/^20 passed, 0 failed, 0 skipped/m)
}, 60_000)
