import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { checkServer } from './checks.ts'
import { startChild } from './child-server.ts'

vi.setConfig({ testTimeout: 120_000 })

const commands = {
  'Deno 2.9.6': ['npx', '-y', 'deno@2.9.6', 'run', '--allow-all', '--node-modules-dir=manual'],
  'Bun 1.4.5': ['npx', '-y', 'bun@1.4.5'],
} as const

// They are downloaded, so they run with `npm run interop -- --all`.
describe.skipIf(process.env['CAPSTAN_INTEROP'] !== 'all')('the handlers without node:http', () => {
  test.each(Object.entries(commands))('%s', async (_name, command) => {
    const folder = mkdtempSync(join(tmpdir(), 'capstan-runtime-'))
    {
      await using child = await startChild([...command, 'mounts/web-server.mjs', folder], { cwd: fileURLToPath(new URL('..', import.meta.url)) })
      await checkServer(child.url, async () => await fetch(`${child.url}/gate`))
      expect((await fetch(`${child.url}/api/agents/health`)).status).toBe(200)
    }
    rmSync(folder, { recursive: true, force: true })
  })
})
