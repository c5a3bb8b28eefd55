import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { hasNgircd } from './irc/local-ngircd.ts'

/** Runs a command to its end, as a newcomer does: without settings, in a folder of its own. */
async function run(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { EVOLINK_API_KEY: _, ...inherited } = process.env
  const file = fileURLToPath(new URL(`../dist/bots/${name}.js`, import.meta.url))
  const cwd = await mkdtemp(join(tmpdir(), 'capstan-'))
  const child = spawn(process.execPath, [file, ...args], { cwd, env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, problems, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return `${output}${problems}exit ${code}`
}

test('the webhook bot plays its demonstration without a key or an account', async () => {
  expect(await run('run-webhook-bot', ['--demo'])).toMatch(
    /397\.8[\s\S]*db-1: down[\s\S]*Write: yes[\s\S]*U3bob: only owners[\s\S]*was restarted[\s\S]*I am idle[\s\S]*exit 0$/,
  )
})

test('the IRC bot plays its demonstration on a local server', async ({ skip }) => {
  skip(!hasNgircd(), 'ngircd (Debian: ngircd) is not installed')
  expect(await run('run-irc-bot', ['--demo'])).toMatch(
    /397\.8[\s\S]*db-1: down[\s\S]*Write: yes[\s\S]*mallory: only owners[\s\S]*was restarted[\s\S]*I am idle[\s\S]*exit 0$/,
  )
})

test('without a server the IRC bot says how to get one, and without a bot --send says how to start it', async () => {
  expect(await run('run-irc-bot', [], { NGIRCD: '/nowhere/ngircd' })).toMatch(/apt install ngircd[\s\S]*IRC_SERVER=[\s\S]*exit 2$/)
  expect(await run('run-webhook-bot', ['--send', 'hello'])).toMatch(/^No bot answers[\s\S]*exit 1$/)
  expect(await run('run-irc-bot', ['--code'])).toMatch(/^\d{6}\nexit 0$/)
})

test.each(['run-webhook-bot', 'run-irc-bot'])('%s explains its options, and refuses others without a stack', async (name) => {
  expect(await run(name, ['--help'])).toMatch(/^npm run [\s\S]* --demo [\s\S]*exit 0$/)
  const refused = await run(name, ['--dmeo'])
  expect(refused).toMatch(/^Unknown option '--dmeo'[\s\S]* --demo [\s\S]*exit 2$/)
  expect(refused).not.toContain('    at ')
})

test('a webhook bot whose port is taken says so and ends', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo // A server that listens on TCP has a port.
  expect(await run('run-webhook-bot', [], { PORT: String(port) })).toBe(`Port ${port} is in use. Choose another one: PORT=3001 npm run webhook-bot\nexit 1`)
})

test('an IRC bot that cannot write says which folder to choose', async () => {
  expect(await run('run-irc-bot', ['--code'], { BOT_FOLDER: '/dev/null/bot' })).toMatch(
    /^E[^\n]*\/dev\/null\/bot'\n[^\n]*BOT_FOLDER=folder npm run irc-bot\nexit 1$/,
  )
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends a webhook bot in order, with exit code 0', async (signal) => {
  const { EVOLINK_API_KEY: _, ...env } = process.env
  const file = fileURLToPath(new URL('../dist/bots/run-webhook-bot.js', import.meta.url))
  const child = spawn(process.execPath, [file], { cwd: await mkdtemp(join(tmpdir(), 'capstan-')), env, stdio: ['ignore', 'pipe', 'pipe'] })
  const problems = text(child.stderr)
  const ended = once(child, 'close')
  for await (const chunk of child.stdout) if (String(chunk).includes('To send it an event')) child.kill(signal)
  expect(await ended).toEqual([0, null])
  expect(await problems).toBe('')
})

test('an IRC bot that reaches no server says so, and that it tries again', async () => {
  const { EVOLINK_API_KEY: _, ...inherited } = process.env
  const unused = createServer().listen(0, '127.0.0.1')
  await once(unused, 'listening')
  const { port } = unused.address() as AddressInfo // A server that listens on TCP has a port.
  unused.close()
  await once(unused, 'close')
  const file = fileURLToPath(new URL('../dist/bots/run-irc-bot.js', import.meta.url))
  const env = { ...inherited, IRC_SERVER: `127.0.0.1:${port}` }
  const child = spawn(process.execPath, [file], { cwd: await mkdtemp(join(tmpdir(), 'capstan-')), env, stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  for await (const chunk of child.stderr) {
    said += String(chunk)
    if (said.includes('\n')) child.kill('SIGINT')
  }
  expect(said).toBe(`There is no connection to 127.0.0.1:${port}. The bot tries again in 1 s.\n`)
})
