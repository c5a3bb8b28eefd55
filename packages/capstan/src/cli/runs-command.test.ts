import { execFileSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeAgentFolder } from '../testing/agent-file.ts'
import { capstan as command, type Ended, hasTerminal, Terminal } from '../testing/command.ts'

const { folder, agent: agentOf } = makeAgentFolder()
const agent = agentOf('payer')

/** Runs the command in the folder of the agents. */
function capstan(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return command(args, { cwd: folder, env })
}

const begin = (id: string, env: Readonly<Record<string, string>> = {}, name = 'payer'): Promise<Ended> =>
  capstan(['run', agentOf(name), '--journal', '.capstan/runs', '--run-id', id, 'Pay it.'], env)

/** The id of the only pending question. */
async function questionOf(id: string): Promise<string> {
  const { stdout } = await capstan(['runs', 'show', '--json', '--', id])
  return (JSON.parse(stdout) as { questions: { id: string }[] }).questions[0]?.id ?? ''
}

test('a run that waits for approval is listed, shown, approved and resumed, each in a process of its own', async () => {
  expect((await begin('a1')).code).toBe(4)
  expect((await capstan(['runs'])).stdout).toMatch(/^a1 {2}paused {2}payer · 1 question /m)
  const shown = await capstan(['runs', 'show', 'a1'])
  const question = await questionOf('a1')
  expect(shown.stdout).toMatch(/→ pay_invoice\n {2}amount: 5\n/)
  expect(shown.stdout).toContain(`\n  capstan runs approve a1 ${question}\n`)

  expect(await capstan(['runs', 'approve', 'a1', question])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/call of pay_invoice needs your approval:\n {2}amount: 5\nYour answer is recorded/),
  })
  expect((await capstan(['runs', 'list'])).stdout).toMatch(/^a1 {2}decided/m)
  expect(await capstan(['runs', 'resume', 'a1', agent])).toMatchObject({ code: 0, stdout: 'Result: paid 5\n' })
  // The result is recorded: asking for it again runs nothing.
  expect(await begin('a1')).toMatchObject({ code: 0, stdout: 'Result: paid 5\n' })
})

test('an approval can change the input, and a denial has a reason', async () => {
  await Promise.all([begin('e1'), begin('d1')])
  const approved = await capstan(['runs', 'approve', 'e1', await questionOf('e1'), '--input', '{"amount":1}'])
  expect(approved.stdout).toMatch(/amount: 5\nA person changed the input to:\n {2}amount: 1\n/)
  expect((await capstan(['runs', 'show', 'e1'])).stdout).toMatch(/decision\.input\.amount: 1\n {2}"the model asked for"\.amount: 5\n/)
  expect((await capstan(['runs', 'resume', 'e1', agent, '--quiet'])).stdout).toBe('Result: paid 1\n')

  const question = await questionOf('d1')
  const denied = await capstan(['runs', 'deny', 'd1', question, '--reason', 'too much', '--json'])
  expect(JSON.parse(denied.stdout)).toMatchObject({ runId: 'd1', answer: { approve: false, reason: 'too much' } })
  const second = await capstan(['runs', 'approve', 'd1', question])
  expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('the first answer stays')])
  expect((await capstan(['runs', 'resume', 'd1', agent, '--quiet'])).stdout).toContain('too much')
})

test('a call that a crash interrupted is not repeated: a person enters its outcome', async () => {
  expect((await begin('u1', {}, 'crashing')).code).toBeNull()
  expect((await capstan(['runs', 'show', 'u1', '--json'])).stdout).toContain('"status": "unfinished"')
  const careless = agentOf('careless')
  expect((await capstan(['runs', 'resume', 'u1', careless])).code).toBe(4)
  const question = await questionOf('u1')
  expect((await capstan(['runs', 'show', 'u1'])).stdout).toContain(`capstan runs outcome u1 ${question} --output TEXT`)
  expect((await capstan(['runs', 'outcome', 'u1', question, '--output', 'paid by hand'])).code).toBe(0)
  expect(await capstan(['runs', 'resume', 'u1', careless])).toMatchObject({ code: 0, stdout: 'Result: paid by hand\n' })
})

test.each([
  [['runs', 'walk'], "there is no command 'runs walk'"],
  [['runs', 'show'], 'needs the id'],
  [['runs', 'show', 'a', 'b'], "does not take the argument 'b'"],
  [['runs', 'list', '--reason', 'x'], 'does not have the option --reason'],
  [['runs', 'resume', 'a1'], '--agent FILE#NAME'],
  [['runs', 'resume', 'a1', '--agent', './nowhere.js'], 'cannot be loaded'],
  [['runs', 'resume', 'a1', agentOf('none')], "no agent exported as 'none'"],
  [['runs', 'outcome', 'a1', 'q'], 'one of --output'],
  [['runs', 'approve', 'a1', 'q', '--input', '{'], 'not valid JSON'],
  [['runs', 'approve', 'a1', 'q', '--input', '{"id":2512292042121000001}'], '/id: the number 2512292042121000001 cannot be held exactly'],
  [['runs', 'approve', 'a1'], 'needs the id of the question: capstan runs show a1'],
  [['runs', 'deny', 'a1'], 'needs the id of the question'],
  [['runs', 'outcome', 'a1', '--again'], 'needs the id of the question'],
  [['run', '--run-id', 'x', 'hi'], '--run-id needs --journal'],
  [['run', agent, '--offline', 'hi'], '--offline cannot be used with it'],
])('usage: %j', async (args, words) => {
  const { code, stderr } = await capstan(args)
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
})

test('a run that does not exist is an error', async () => {
  expect(await capstan(['runs', 'show', 'nobody'])).toMatchObject({ code: 1, stderr: expect.stringContaining('run-not-found') })
  expect((await capstan(['runs', '--journal', 'empty'])).stdout).toBe('No runs in empty.\n')
})

test('the question of a tool is answered on the command line', async () => {
  await begin('q1', {}, 'asker')
  expect((await capstan(['runs', 'show', 'q1'])).stdout).toMatch(/question \(19 characters\): "From which account\?"[\s\S]*--answer TEXT/)
  await capstan(['runs', 'approve', 'q1', await questionOf('q1'), '--answer', 'seven'])
  expect((await capstan(['runs', 'resume', 'q1', agentOf('asker'), '--quiet'])).stdout).toBe('Result: from seven\n')
})

test('a paused run shows the commands to answer with, also for another folder', async () => {
  const paused = await capstan(['run', agent, '--journal', 'my runs', '--run-id', 'p1', 'Pay it.'])
  expect(paused.code).toBe(4)
  const line = /capstan (runs approve p1 \S+ --journal) 'my runs'/.exec(paused.stderr)?.[1] ?? ''
  expect((await capstan([...line.split(' '), 'my runs'])).code).toBe(0)
})

test('the id of a run cannot control the terminal, and the line to copy names exactly this run', async () => {
  const id = "-x\u001b]52;c;aGk=\u0007'\u202e\nabc"
  expect((await capstan(['run', agent, '--journal', '.capstan/runs', `--run-id=${id}`, 'Pay it.'])).code).toBe(4)
  const shown = (await capstan(['runs', 'show', '--', id])).stdout
  // biome-ignore lint/suspicious/noControlCharactersInRegex: such characters must not be there.
  expect(shown + (await capstan(['runs'])).stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
  const copied = /^ {2}capstan (runs approve -- .*)$/m.exec(shown)?.[1] ?? ''
  const words = execFileSync('bash', ['-c', `printf '%s\\0' ${copied}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1)
  expect(words.slice(3)).toEqual([id, await questionOf(id)])
  expect((await capstan(words)).code).toBe(0)
})

test('a run whose records are broken is listed as broken, with the others', async () => {
  await Promise.all([begin('whole'), begin('damaged')])
  const damaged = join(folder, '.capstan/runs', readdirSync(join(folder, '.capstan/runs')).find((name) => name.startsWith('damaged')) ?? '')
  const log = join(damaged, readdirSync(damaged).find((name) => name.endsWith('.jsonl')) ?? '')
  writeFileSync(log, '{"not\n{"a": "log"}\n')
  const { code, stdout } = await capstan(['runs', 'list'])
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^damaged {2}broken {2}/m)])
  expect(stdout).toMatch(/^whole {2}paused/m)
  const listed = JSON.parse((await capstan(['runs', 'list', '--json'])).stdout) as { runs: { runId: string; status: string; problem?: string }[] }
  expect(listed.runs.find(({ runId }) => runId === 'damaged')).toMatchObject({ status: 'broken', problem: expect.any(String) })
})

const memo = 'x'.repeat(5_000)

test('in a pipe, and as JSON, everything of a run is shown', async () => {
  await begin('long', { TEST_INPUT: JSON.stringify({ memo, amount: 5 }) })
  expect((await capstan(['runs', 'show', 'long'])).stdout).toContain(`memo (5,000 characters): "${memo}"`)
  expect((await capstan(['runs', 'show', 'long', '--json'])).stdout).toContain(memo)
})

describe.skipIf(!hasTerminal)('on a terminal', () => {
  test('long values are cut; a line says how much is missing and which command shows everything', async () => {
    await begin('cut', { TEST_INPUT: JSON.stringify({ memo, amount: 5 }) })
    const cut = await shownOn(['runs', 'show', 'cut'])
    expect(cut).toMatch(/memo \(5,000 characters\): "x+\s+\| x+[\s\S]*… 4,\d\d\d more characters\s+amount: 5\s/)
    expect(cut).toContain('To see all of it: capstan runs show cut --full')
    const full = await shownOn(['runs', 'show', 'cut', '--full'])
    expect(full.replace(/\r?\n {2}\| /g, '')).toContain(`"${memo}"`)
    expect(full).not.toContain('more characters')
    for (const line of full.split('\n')) expect(line.length).toBeLessThanOrEqual(81)
  })

  test('recorded text cannot control the terminal when it is shown or replayed', async () => {
    const words = '\u001b]0;owned\u0007\u202e\u2800'
    await capstan(['run', agentOf('careless'), '--journal', '.capstan/runs', '--run-id', 'evil', 'Pay it.'], { TEST_WORDS: words })
    for (const args of [
      ['runs', 'show', 'evil'],
      ['runs', 'show', 'evil', '--json'],
      ['runs', 'resume', 'evil', agentOf('careless')],
      ['runs', 'resume', 'evil', agentOf('careless'), '--jsonl'],
    ]) {
      const shown = await shownOn(args)
      expect(shown).toMatch(/owned/)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: such characters must not be there.
      expect(shown).not.toMatch(/[\u001b\u0007\u202e\u2800]/)
    }
  })
})

async function shownOn(args: readonly string[]): Promise<string> {
  const terminal = new Terminal(args, { cwd: folder })
  await terminal.ended
  return terminal.screen
}

test('in a pipe, the result is exactly the text of the model', async () => {
  const words = '\u001b[31m\u202e\u2800\r\n\u0007'
  const { stdout, stderr } = await capstan(['run', agentOf('careless'), 'Pay it.'], { TEST_WORDS: words })
  expect(stdout).toBe(`${words}Result: paid 5\n`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: such characters must not be there.
  expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
})

test('an unknown cost names the model that has no prices', async () => {
  expect((await capstan(['run', agentOf('careless'), 'Pay it.'])).stderr).toContain('cost unknown (no prices for test/payer)')
})
