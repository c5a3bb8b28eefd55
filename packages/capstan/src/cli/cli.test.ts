import { spawn } from 'node:child_process'
import { mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulator } from '@capstan/simulator'
import { expect, test } from 'vitest'
import { capstan, cli } from '../testing/command.ts'

const seventeen = 'What is 17% of 2,340, and how many days are there from 2026-11-21 to 2027-03-01?'

test('demo works without a key: only the result is on stdout, everything else on stderr', async () => {
  const { code, stdout, stderr } = await capstan(['demo', seventeen])

  expect(code).toBe(0)
  expect(stdout).toMatch(/397\.8/)
  expect(stdout).toMatch(/100 days/)
  expect(stdout.trim().split('\n')).toHaveLength(1)
  expect(stderr).toContain('EVOLINK_API_KEY')
  expect(stderr).toContain('rule-based stand-in')
  expect(stderr).toMatch(/→ calculator \{"expression":.*\n→ date_difference/)
  expect(stderr).toMatch(/← calculator \(\d.* ms\): 397\.8/)
  expect(stderr).toMatch(
    /2 steps · 2 tool calls · tokens: [\d,]+ in \([\d,]+ cached\), [\d,]+ out \([\d,]+ reasoning\) · cost unknown \(no prices for evolink\/kimi-k2-thinking\) · [\d.]+ s · finished/,
  )
})

test('demo answers the question of the Chinese README in Chinese', async () => {
  const { code, stdout } = await capstan(['demo', '2,340 的 17% 是多少？从 2026-11-21 到 2027-03-01 有多少天？'])
  expect([code, stdout.trim()]).toEqual([0, '2,340 的 17% 等于 397.8。从 2026-11-21 到 2027-03-01 有 100 天。'])
})

test('demo without a question calls two tools in parallel and then a third', async () => {
  const { stdout } = await capstan(['demo', '--jsonl'])
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; step: number; toolName?: string })
  const starts = events.filter(({ type }) => type === 'tool-start').map(({ step, toolName }) => [step, toolName])

  expect(starts).toEqual([
    [1, 'calculator'],
    [1, 'date_add'],
    [2, 'weekday'],
  ])
  expect(events[0]?.type).toBe('run-start')
  expect(events.at(-1)?.type).toBe('run-end')
})

test('run without a key is an error that names the variable', async () => {
  const { code, stdout, stderr } = await capstan(['run', 'Hi'])
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/missing-key[\s\S]*EVOLINK_API_KEY/)
})

test.each([
  ['--api-key-env', 'MY_OTHER_KEY'],
  ['--base-url', 'http://127.0.0.1:9/v1'],
])('demo with %s talks to an endpoint and wants a key', async (...options) => {
  const { code, stderr } = await capstan(['demo', ...options, 'Hi'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/missing-key[\s\S]*_KEY/)
})

test('a refused key is an error that names the variable and never the key', async () => {
  await using simulator = await startSimulator({ apiKey: 'right-key' })
  const { code, stderr, stdout } = await capstan(['run', '--base-url', simulator.baseURL, 'Hi'], { env: { EVOLINK_API_KEY: 'canary-key-1234' } })
  expect(code).toBe(1)
  expect(stderr).toMatch(/auth-failed[\s\S]*EVOLINK_API_KEY/)
  expect(stdout + stderr).not.toContain('canary-key-1234')
})

test('the same command talks to an endpoint when there is a key', async () => {
  await using simulator = await startSimulator({ apiKey: 'right-key' })
  const { code, stdout } = await capstan(['demo', '--base-url', simulator.baseURL, '--model', 'deepseek-chat', seventeen], {
    env: { EVOLINK_API_KEY: 'right-key' },
  })
  expect(code).toBe(0)
  expect(stdout).toContain('397.8')
  expect(simulator.requests.map(({ body }) => (body as { model: string }).model)).toEqual(['deepseek-chat', 'deepseek-chat'])
})

test('--json gives the result as one object', async () => {
  const { code, stdout } = await capstan(['run', '--offline', '--json', '--quiet', 'What is 2 + 3?'])
  const result = JSON.parse(stdout) as { status: string; text: string; steps: unknown[]; messages: unknown[] }
  expect(code).toBe(0)
  expect(result).toMatchObject({ status: 'finished', stopReason: 'finished', text: expect.stringContaining('5') })
  expect(result.messages).toHaveLength(4)
})

test('--json gives an error as one object too', async () => {
  const { code, stdout } = await capstan(['run', '--json', 'Hi'])
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'missing-key' } })
})

test('the question can come from stdin, without arguments or in place of -', async () => {
  await expect(capstan(['run', '--offline'], { stdin: 'What is 6 * 7?' })).resolves.toMatchObject({ code: 0, stdout: expect.stringContaining('42') })
  await expect(capstan(['run', '--offline', 'What is', '-'], { stdin: '5 * 5?' })).resolves.toMatchObject({ stdout: expect.stringContaining('25') })
})

test.each([
  [[], 'Usage'],
  [['fly'], "no command 'fly'"],
  [['run', '--colour', 'Hi'], "no option '--colour'"],
  [['run', '--max-step', '3', 'Hi'], 'Use --max-steps.'],
  [['chat', '--json'], 'chat does not have the option --json'],
  [['run', '--max-steps', 'many', 'Hi'], '--max-steps takes a whole number'],
  [['run', '--json', '--jsonl', 'Hi'], 'cannot be used together'],
  [['run'], 'no question'],
  [['simulate', '--fault', 'gremlins'], 'gremlins'],
  [['chat', 'Hi'], 'chat takes no arguments'],
])('capstan %j is a usage error', async (args, message) => {
  const { code, stdout, stderr } = await capstan(args)
  expect(code).toBe(2)
  expect(stdout + stderr).toContain(message)
})

test('the help fits into 80 columns and names every command', async () => {
  const { code, stdout } = await capstan(['--help'])
  expect(code).toBe(0)
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  for (const command of ['run', 'chat', 'demo', 'simulate']) expect(stdout).toContain(`capstan ${command}`)
})

test('a limit is exit code 3', async () => {
  const { code, stderr } = await capstan(['run', '--offline', '--max-steps', '1', seventeen])
  expect(code).toBe(3)
  expect(stderr).toContain('max-steps')
})

test('a truncated result is exit code 1', async () => {
  await using simulator = await startSimulator({ script: [{ text: 'Once upon a', finishReason: 'length' }] })
  const { code, stderr } = await capstan(['run', '--base-url', simulator.baseURL, 'Tell'], { env: { EVOLINK_API_KEY: 'k' } })
  expect(code).toBe(1)
  expect(stderr).toContain('truncated')
})

test('a failed attempt leaves no partial result on stdout', async () => {
  await using simulator = await startSimulator({ script: [{ text: 'Half of it is here now.', fault: { kind: 'reset', at: 'mid-stream' } }] })
  const { code, stdout, stderr } = await capstan(['run', '--base-url', simulator.baseURL, 'Tell'], { env: { EVOLINK_API_KEY: 'k' } })
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain('stream-interrupted')
})

test('a refused connection is an error that names the address, and does not mention text that was never shown', async () => {
  const { code, stderr } = await capstan(['run', '--base-url', `http://127.0.0.1:${await closedPort()}/v1`, 'Hi'], { env: { EVOLINK_API_KEY: 'k' } })
  expect(code).toBe(1)
  expect(stderr).toMatch(/network-refused[\s\S]*127\.0\.0\.1/)
  expect(stderr).toContain('The step starts again')
  expect(stderr).not.toContain('Ignore the text of this step')
})

test('Ctrl-C ends a run with code 130', async () => {
  let isSent = false
  await using simulator = await startSimulator({ faults: [{ fault: { kind: 'stall', at: 'mid-stream' }, requests: 'all' }] })
  const { code, stderr } = await capstan(['run', '--base-url', simulator.baseURL, 'What is 2 + 3?'], {
    env: { EVOLINK_API_KEY: 'k' },
    onStderr: (text, child) => {
      // Once: a second Ctrl-C ends the process at once.
      if (text.includes('thinks') && !isSent) child.kill('SIGINT')
      isSent ||= text.includes('thinks')
    },
  })
  expect(code).toBe(130)
  expect(stderr).toContain('aborted')
})

test('the file tools read only the given root', async () => {
  const root = await mkdtemp(join(tmpdir(), 'capstan-'))
  await writeFile(join(root, 'notes.txt'), 'The harbour opens at nine.')
  await symlink('/etc', join(root, 'etc'))
  const { stdout } = await capstan(['run', '--offline', '--root', root, 'Read the file notes.txt'])
  expect(stdout).toContain('harbour')
  const outside = await capstan(['run', '--offline', '--json', '--root', root, 'Read the file etc/hostname'])
  expect(outside.stdout).toMatch(/"status": "error"/)
})

test('with --no-tools the model gets no tools', async () => {
  await using simulator = await startSimulator()
  await capstan(['run', '--base-url', simulator.baseURL, '--no-tools', 'What is 2 + 3?'], { env: { EVOLINK_API_KEY: 'k' } })
  expect(simulator.requests[0]?.body).not.toHaveProperty('tools')
})

test('with --text-tools a model that takes no tools uses them', async () => {
  const { code, stdout } = await capstan(['run', '--offline', '--model', 'deepseek-reasoner', '--text-tools', 'What is 6 * 7?'])
  expect([code, stdout]).toEqual([0, expect.stringContaining('42')])
  const refused = await capstan(['run', '--offline', '--model', 'deepseek-reasoner', 'What is 6 * 7?'])
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain("toolProtocol: 'text'")
})

test('chat keeps the conversation and reads lines from a pipe', async () => {
  await using simulator = await startSimulator()
  const { code, stdout } = await capstan(['chat', '--base-url', simulator.baseURL], {
    env: { EVOLINK_API_KEY: 'k' },
    stdin: 'What is 6 * 7?\n\n/nonsense\nWhat is 5 * 5?\n/quit\nignored\n',
  })
  expect(code).toBe(0)
  expect(stdout).toMatch(/42[\s\S]*25/)
  const last = simulator.requests.at(-1)?.body as { messages: { role: string }[] }
  expect(last.messages.filter(({ role }) => role === 'user')).toHaveLength(2)
})

test('simulate prints its base URL first, serves, makes faults and ends at once after Ctrl-C', async () => {
  const child = spawn(process.execPath, [cli, 'simulate', '--port', '0', '--fault', 'status:500'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const baseURL = await new Promise<string>((resolve) => {
    child.stdout.once('data', (chunk) => resolve(String(chunk).split('\n')[0] ?? ''))
  })
  const response = await fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer k' },
    body: JSON.stringify({ model: 'deepseek-chat', messages: [{ role: 'user', content: 'Hi' }] }),
  })
  child.kill('SIGINT')
  const code = await new Promise((resolve) => {
    child.on('close', resolve)
  })
  expect([response.status, code]).toEqual([500, 0])
})

test('for a port that is in use, the error is one line that says so', async () => {
  await using simulator = await startSimulator()
  const { code, stdout, stderr } = await capstan(['simulate', '--port', new URL(simulator.baseURL).port])
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^error: .*port \d+ .*EADDRINUSE.*\n$/)
})

test('text of a provider cannot control the terminal, nor look like lines of the command', async () => {
  const message = 'no\u001b]0;x\u0007\u202e\ncapstan: paid\r\nerror (none): x'
  await using simulator = await startSimulator({ respond: () => ({ status: 400, body: { error: { message } } }) })
  const { code, stderr, stdout } = await capstan(['run', '--base-url', simulator.baseURL, 'Hi'], { env: { EVOLINK_API_KEY: 'k' } })
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain('<U+001B>]0;x<U+0007><U+202E>')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: such characters must not be there.
  expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]|^capstan: paid|^error \(none/m)
})

test('a file name in an error stays on its line', async () => {
  const { code, stderr } = await capstan(['run', '--agent', './no\nerror: paid.mjs', 'Hi'])
  expect([code, stderr]).toEqual([2, expect.not.stringMatching(/^error: paid/m)])
})

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return typeof address === 'object' && address !== null ? address.port : 9
}
