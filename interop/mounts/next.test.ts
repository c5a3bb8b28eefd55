import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { checkServer } from './checks.ts'
import { startChild } from './child-server.ts'

vi.setConfig({ testTimeout: 600_000 })

const app = fileURLToPath(new URL('../next', import.meta.url))
const next = [process.execPath, 'node_modules/next/dist/bin/next'] as const
const env = { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' }

// It is 340 MB and takes a minute to build, so it runs with `npm run interop -- --all`.
describe.skipIf(process.env['CAPSTAN_INTEROP'] !== 'all')('Next.js', () => {
  test('route handlers of the app router, built and started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'capstan-next-'))
    const built = spawnSync(next[0], [next[1], 'build'], { cwd: app, env: { ...process.env, ...env, CAPSTAN_FOLDER: folder }, encoding: 'utf8' })
    expect([built.status, built.status === 0 ? '' : built.stdout + built.stderr]).toEqual([0, ''])
    expect(existsSync(join(app, '.next'))).toBe(true)
    {
      const command = [...next, 'start', '--hostname', '127.0.0.1', '--port', '0']
      await using child = await startChild(command, { cwd: app, env: { ...env, CAPSTAN_FOLDER: folder } })
      await checkServer(child.url, async () => await fetch(`${child.url}/gate`, { method: 'POST' }))
      expect((await fetch(`${child.url}/api/agents/health`)).status).toBe(200)
    }
    rmSync(folder, { recursive: true, force: true })
  })
})
