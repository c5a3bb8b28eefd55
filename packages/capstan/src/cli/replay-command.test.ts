import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSimulator } from '@capstan/simulator'
import { openTape } from '@capstan/trace'
import { beforeAll, expect, test, vi } from 'vitest'
import { Agent, evolink, tool } from '../index.ts'
import { capstan, hasTerminal, Terminal } from '../testing/command.ts'

const hostile = '\u001b]0;x\u0007\u202e'
const built = new URL('../../dist/index.js', import.meta.url).href
let folder = ''
const file = (name: string): string => join(folder, name)

/** A module with an agent that weighs a tent. */
function writeAgent(name: string, { instructions = 'Weigh.', result = '"1200 g"' } = {}): void {
  writeFileSync(
    file(name),
    `import { Agent, evolink, tool } from ${JSON.stringify(built)}
const weigh = tool({ name: 'weigh', description: 'Weighs.', inputSchema: { type: 'object' }, execute: () => { process.stderr.write('the tool ran\\n'); return ${result} } })
export const agent = new Agent({ name: 'packer', model: evolink('deepseek-chat'), instructions: ${JSON.stringify(instructions)}, tools: [weigh] })
`,
  )
}

beforeAll(async () => {
  vi.stubEnv('CI', '')
  folder = mkdtempSync(join(tmpdir(), 'capstan-replay-'))
  await using simulator = await startSimulator({
    script: [{ toolCalls: [{ name: 'weigh', input: { item: `tent${hostile}` } }] }, { text: 'It weighs 1200 g.' }],
  })
  await using tape = openTape(file('run.tape.jsonl'))
  const weigh = tool({ name: 'weigh', description: 'Weighs.', inputSchema: { type: 'object' }, execute: () => '1200 g' })
  const model = evolink('deepseek-chat', { baseURL: simulator.baseURL, apiKey: 'test' })
  await tape.agent(new Agent({ model, instructions: 'Weigh.', tools: [weigh] })).generate('What does the tent weigh?')
  writeAgent('same.mjs')
  writeAgent('changed.mjs', { instructions: `Weigh, and say the unit${hostile}, ${'and be kind, '.repeat(20)}always.`, result: '"1.2 kg"' })
}, 60_000)

const replay = (agent: string, ...more: readonly string[]) => capstan(['replay', file('run.tape.jsonl'), '--agent', file(agent), ...more])

test('the same course is exit code 0, without a key, and no tool runs', async () => {
  const { code, stdout, stderr } = await replay('same.mjs')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain('No tool runs: calls get their recorded results.')
  expect(stdout).toContain('     recorded: 1200 g\n')
  expect(stdout).toContain('The agent follows the recorded course to its end: 2 of 2 requests, finished. Its text: It weighs 1200 g.')
})

test('a course that is left is exit code 1; the report is JSON for programs', async () => {
  const { code, stdout, stderr } = await replay('changed.mjs', '--run-tool', 'weigh', '--json')
  expect([code, stderr]).toEqual([1, 'the tool ran\n'])
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'left',
    requests: { recorded: 2, made: 2 },
    changes: [{ where: 'instructions', recorded: 'Weigh.' }],
    calls: [{ toolName: 'weigh', source: 'executed', text: '1.2 kg' }],
    departure: { request: 2, kind: 'request', differences: [{ where: 'message 3 (tool)', recorded: '1200 g', made: '1.2 kg' }] },
  })
})

test.runIf(hasTerminal)('a terminal of 80 columns shows it without a line that is too long, and nothing of a model controls it', async () => {
  await using terminal = new Terminal(['replay', file('run.tape.jsonl'), '--agent', file('changed.mjs'), '--run-tool', 'weigh'])
  expect(await terminal.ended).toBe(1)
  const lines = terminal.screen.split(/\r?\n/).filter((line) => !line.includes(folder))
  expect(lines).toContain('  + 1.2 kg')
  expect(lines).toContain('message 3 (tool):')
  expect(lines.filter((line) => line.length > 80)).toEqual([])
  expect(terminal.screen).not.toContain('\u202e')
  expect(terminal.screen).not.toContain('\u001b]')
})

test.each([
  [['replay'], 'replay needs the file of a tape'],
  [['replay', 'x.tape.jsonl'], 'replay needs an agent'],
  [['replay', 'x.tape.jsonl', 'y', '--agent', 'z'], "does not take the argument 'y'"],
  [['replay', 'x.tape.jsonl', '--agnet', 'z'], 'Use --agent'],
])('%o is a usage error', async (args, message) => {
  const { code, stdout, stderr } = await capstan(args)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(message)
})

test('a tool that does not exist is a usage error, and a file that is not a tape is an error', async () => {
  const [tool, tape] = await Promise.all([
    replay('same.mjs', '--run-tool', 'wiegh'),
    capstan(['replay', fileURLToPath(import.meta.url), '--agent', file('same.mjs')]),
  ])
  expect([tool.code, tape.code]).toEqual([2, 1])
  expect(tool.stderr).toContain("The agent has no tool 'wiegh' to run. Its tools: weigh.")
  expect(tape.stderr).toMatch(/error \(invalid-trace\): .*replay-command\.test\.ts, line 1: this is not a JSON object/)
})
