import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { postgresFolder, startPostgres } from '@capstan/test-kit'
import { expect, onTestFinished, test } from 'vitest'

const main = fileURLToPath(new URL('../dist/support-desk/main.js', import.meta.url))

/** The demonstration of the README: it kills the desk in the middle of a refund, and says what it saw. */
async function demonstrate(env: Readonly<Record<string, string>>): Promise<string> {
  const { EVOLINK_API_KEY: _, ...inherited } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--crash-demo'], {
    env: { ...inherited, DESK_CHUNK_MS: '0', DESK_BANK_MS: '500', ...env },
  })
  return stdout
}

const course =
  /Sam approves it\.\n[\s\S]*\nrefund_order .*\n.*Now kill -9 (\d+)\.\nProcess (\d+) continues\.\n[\s\S]*The run is finished\. .*49\.90 EUR[\s\S]*\nThe refund happened once\.\n$/

// SQLite where Node has it, else a file.
test('a refund whose process is killed in its middle happens once, without a database server', async () => {
  const [, killed, next] = course.exec(await demonstrate({ DATABASE_URL: '' })) ?? []
  expect(Number(next)).toBeGreaterThan(0)
  expect(next).not.toBe(killed)
})

test('a refund whose process is killed in its middle happens once in PostgreSQL', async ({ skip }) => {
  skip(postgresFolder() === undefined, 'PostgreSQL (Debian: postgresql) is not installed')
  const server = await startPostgres()
  onTestFinished(() => server.stop())
  const said = await demonstrate({ DATABASE_URL: server.urlOf('postgres') })
  expect(said).toMatch(course)
  expect(said).toContain('In the books (PostgreSQL): 4990 cents for A-1001, confirmed')
})
