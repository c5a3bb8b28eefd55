import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { beforeAll, expect, test } from 'vitest'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const built = pathToFileURL(fileURLToPath(new URL('../../dist/index.js', import.meta.url))).href
const folder = mkdtempSync(join(tmpdir(), 'capstan-runs-'))
const agentFile = join(folder, 'agent.mjs')

// An agent of a user's own: it pays when a person approves, and its model answers from the messages.
const source = `
import { Agent, tool } from ${JSON.stringify(built)}
const reply = (content, finishReason) => ({ type: 'reply', reply: { message: { role: 'assistant', content }, finishReason, atOutputLimit: false, usage: {}, response: {} } })
const model = {
  id: 'test/payer',
  traits: { tools: true, toolChoices: [], candidates: 1 },
  async *stream({ messages }) {
    const last = messages.at(-1)
    if (last.role === 'tool') yield [reply([{ type: 'text', text: 'Result: ' + last.content[0].text }], 'stop')]
    else yield [reply([{ type: 'tool-call', toolCallId: 'c', toolName: 'pay_invoice', inputText: '{"amount":5}' }], 'tool-calls')]
  },
}
const pay = tool({
  name: 'pay_invoice', description: 'Pays.', needsApproval: true,
  inputSchema: { type: 'object', properties: { amount: { type: 'number' } } },
  execute: ({ amount }) => 'paid ' + amount,
})
export const payer = new Agent({ name: 'payer', model, tools: [pay] })
export const crashing = new Agent({ name: 'payer', model, tools: [{ ...pay, needsApproval: false, run: () => process.kill(process.pid, 'SIGKILL') }] })
export const asker = new Agent({ name: 'asker', model, tools: [{ ...pay, needsApproval: false, ask: () => 'From which account?', run: async (_, { answer }) => ({ status: 'ok', text: 'from ' + answer }) }] })
export const careless = new Agent({ name: 'payer', model, tools: [{ ...pay, needsApproval: false }] })
`

beforeAll(() => writeFileSync(agentFile, source))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the real command in a process of its own, in a folder of its own. */
function capstan(args: readonly string[], stdin = ''): Promise<Ended> {
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdin.end(stdin)
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

const agent = `--agent=${agentFile}#payer`
const begin = (id: string, more: readonly string[] = []) => capstan(['run', agent, '--journal', '.capstan/runs', '--run-id', id, ...more, 'Pay it.'])

test('a run that waits for approval is listed, shown, approved and resumed, each in a process of its own', async () => {
  expect((await begin('a1')).code).toBe(4)
  expect((await capstan(['runs'])).stdout).toMatch(/^a1 {2}paused {2}1 step · 1 question /m)
  const shown = await capstan(['runs', 'show', 'a1'])
  expect(shown.stdout).toContain('→ pay_invoice {"amount":5}')
  expect(shown.stdout).toContain('capstan runs approve a1 steps/1/tools/0/approval')

  expect((await capstan(['runs', 'approve', 'a1'])).code).toBe(0)
  expect((await capstan(['runs', 'list'])).stdout).toMatch(/^a1 {2}decided/m)
  expect(await capstan(['runs', 'resume', 'a1', agent])).toMatchObject({ code: 0, stdout: 'Result: paid 5\n' })
  // The result is recorded: asking for it again runs nothing.
  expect(await begin('a1')).toMatchObject({ code: 0, stdout: 'Result: paid 5\n' })
})

test('an approval may change the input, and a denial has its reason', async () => {
  await Promise.all([begin('e1'), begin('d1')])
  await capstan(['runs', 'approve', 'e1', '--input', '{"amount":1}'])
  expect((await capstan(['runs', 'resume', 'e1', agent, '--quiet'])).stdout).toBe('Result: paid 1\n')

  const denied = await capstan(['runs', 'deny', 'd1', 'steps/1/tools/0/approval', '--reason', 'too much', '--json'])
  expect(JSON.parse(denied.stdout)).toMatchObject({ runId: 'd1', answer: { approve: false, reason: 'too much' } })
  const second = await capstan(['runs', 'approve', 'd1', 'steps/1/tools/0/approval'])
  expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('the first answer stays')])
  expect((await capstan(['runs', 'resume', 'd1', agent, '--quiet'])).stdout).toContain('too much')
})

test('a call that a crash cut off is not repeated: a person says what became of it', async () => {
  const { code } = await capstan(['run', `--agent=${agentFile}#crashing`, '--journal', '.capstan/runs', '--run-id', 'u1', 'Pay it.'])
  expect(code).toBeNull()
  expect((await capstan(['runs', 'show', 'u1', '--json'])).stdout).toContain('"status": "unfinished"')
  const careless = `--agent=${agentFile}#careless`
  expect((await capstan(['runs', 'resume', 'u1', careless])).code).toBe(4)
  expect((await capstan(['runs', 'show', 'u1'])).stdout).toContain('capstan runs outcome u1 steps/1/tools/0/outcome/1')
  expect((await capstan(['runs', 'outcome', 'u1', '--output', 'paid by hand'])).code).toBe(0)
  expect(await capstan(['runs', 'resume', 'u1', careless])).toMatchObject({ code: 0, stdout: 'Result: paid by hand\n' })
})

test.each([
  [['runs', 'walk'], "there is no command 'runs walk'"],
  [['runs', 'show'], 'needs the id'],
  [['runs', 'show', 'a', 'b'], "does not take the word 'b'"],
  [['runs', 'list', '--reason', 'x'], 'does not take --reason'],
  [['runs', 'resume', 'a1'], '--agent FILE#NAME'],
  [['runs', 'resume', 'a1', '--agent', './nowhere.js'], 'cannot be loaded'],
  [['runs', 'resume', 'a1', `--agent=${agentFile}#none`], "no agent exported as 'none'"],
  [['runs', 'outcome', 'a1'], 'one of --output'],
  [['runs', 'approve', 'a1', '--input', '{'], 'not valid JSON'],
  [['run', '--run-id', 'x', 'hi'], '--run-id needs --journal'],
  [['run', agent, '--offline', 'hi'], '--offline cannot be used with it'],
])('usage: %j', async (args, words) => {
  const { code, stderr } = await capstan(args)
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
})

test('a run that is not there is an error', async () => {
  expect(await capstan(['runs', 'show', 'nobody'])).toMatchObject({ code: 1, stderr: expect.stringContaining('run-not-found') })
  expect((await capstan(['runs', '--journal', 'empty'])).stdout).toBe('No runs in empty.\n')
})

test('chat asks inline: yes, no with a reason, or another input', async () => {
  const answers = ['Pay it.', 'what', 'y', 'Pay again.', 'n', 'no money', 'And again.', 'edit', '{bad', 'e', '{"amount":2}', ''].join('\n')
  const { code, stdout, stderr } = await capstan(['chat', agent], answers)
  const results = stdout.trim().split('\n')
  expect(results).toEqual(['Result: paid 5', expect.stringContaining('no money'), 'Result: paid 2'])
  expect(stderr.match(/needs your approval: pay_invoice/g)).toHaveLength(3)
  expect(code).toBe(0)
})

test('what a tool asks is answered on the command line, or inline', async () => {
  const asker = `--agent=${agentFile}#asker`
  await capstan(['run', asker, '--journal', '.capstan/runs', '--run-id', 'q1', 'Pay it.'])
  expect((await capstan(['runs', 'show', 'q1'])).stdout).toMatch(/From which account\?[\s\S]*--answer TEXT/)
  await capstan(['runs', 'approve', 'q1', '--answer', 'seven'])
  expect((await capstan(['runs', 'resume', 'q1', asker, '--quiet'])).stdout).toBe('Result: from seven\n')
  expect((await capstan(['chat', asker], 'Pay it.\neight\n')).stdout).toBe('Result: from eight\n')
})

test('chat that ends before an answer is given runs nothing', async () => {
  expect(await capstan(['chat', agent], 'Pay it.\n')).toMatchObject({ code: 4, stdout: '' })
})
