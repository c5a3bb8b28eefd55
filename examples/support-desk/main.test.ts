import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const main = fileURLToPath(new URL('../dist/support-desk/main.js', import.meta.url))

/** Starts a desk that cannot start, in a folder of its own. */
async function run(...args: readonly string[]): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), 'capstan-'))
  await writeFile(join(cwd, 'file'), '')
  const child = spawn(process.execPath, [main, ...args], { cwd, env: { ...process.env, DATABASE_URL: '' }, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, problems, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return `${output}${problems}exit ${code}`
}

test('the desk explains its options', async () => {
  expect(await run('--help')).toMatch(/^npm run support-desk[\s\S]* --crash-demo [\s\S]*exit 0$/)
})

test.each([
  [['--prot', '4200'], /^Unknown option '--prot'[\s\S]* --port N [\s\S]*exit 2$/],
  [['--port', 'abc'], /^The port must be a number up to 65535, not "abc"\.[\s\S]*exit 2$/],
  [['--port', '65536'], /^The port must be a number up to 65535, not "65536"\.[\s\S]*exit 2$/],
  [['--port', '0', '--folder', 'file/inside'], /^The desk cannot start: ENOTDIR[^\n]*file\/inside'\nexit 1$/],
])('%j is refused in words, without a stack', async (args, said) => {
  const refused = await run(...args)
  expect(refused).toMatch(said)
  expect(refused).not.toContain('    at ')
})

test('a desk whose port is taken says so and ends', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo // A server that listens on TCP has a port.
  expect(await run('--port', String(port))).toBe(`Port ${port} is in use. Choose another one: --port 4200\nexit 1`)
})
