import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ScriptedReply, type SimulatedRequest, startSimulator } from '@capstan/simulator'
import { scriptedMcpServer } from '@capstan/test-kit'
import { expect, test } from 'vitest'
import { type CommandOptions, capstan, type Ended } from '../testing/command.ts'

const { command, args } = scriptedMcpServer('plain')

/** A recorded run of the command, whose model calls one tool of a server. Each start is another process. */
interface Recorded {
  readonly folder: string
  readonly log: () => string
  run(onStderr?: CommandOptions['onStderr']): Promise<Ended>
  runs(...words: readonly string[]): Promise<Ended>
}

async function recorded(baseURL: string): Promise<Recorded> {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-'))
  const env = { EVOLINK_API_KEY: 'k', SCRIPT: 'plain', LOG: join(folder, 'log') }
  const server = ['--mcp', `test="${command}" "${args[0]}"`, '--mcp-env', 'SCRIPT', '--mcp-env', 'LOG']
  const given = ['run', '--base-url', baseURL, '--no-tools', ...server, '--journal', join(folder, 'runs'), '--run-id', 'r1', 'Go.']
  return {
    folder,
    log: () => readFileSync(env.LOG, 'utf8'),
    run: (onStderr) => capstan(given, { env, ...(onStderr !== undefined && { onStderr }) }),
    runs: (...words) => capstan(['runs', ...words, '--journal', join(folder, 'runs')], { env }),
  }
}

/** A model that calls the tool first. A reply follows from the messages, so it is the same in any process. */
const calling =
  (name: string) =>
  ({ rawBody }: SimulatedRequest): ScriptedReply =>
    rawBody.includes('"role":"tool"') ? { text: 'It is done.' } : { toolCalls: [{ name, input: { text: 'x' } }] }

/** The id of the only pending question: the commands that answer it name it. */
async function questionOf({ runs }: Recorded): Promise<string> {
  const { stdout } = await runs('show', 'r1')
  return /capstan runs (?:approve|outcome) r1 (\S+)/.exec(stdout)?.[1] ?? `no question in ${stdout}`
}

test('a call that waits is approved by one process and made by another, once', { timeout: 60_000 }, async () => {
  await using simulator = await startSimulator({ respond: calling('test__echo') })
  const run = await recorded(simulator.baseURL)
  expect((await run.run()).code).toBe(4)
  expect(run.log()).not.toContain('call echo')
  await run.runs('approve', 'r1', await questionOf(run))
  expect(await run.run()).toMatchObject({ code: 0, stdout: expect.stringContaining('It is done.') })
  expect(await run.run()).toMatchObject({ code: 0, stdout: expect.stringContaining('It is done.') })
  expect(run.log().match(/call echo/g)).toHaveLength(1)
})

test('a call that was interrupted by kill -9 is not made again: a person is asked for its outcome', { timeout: 60_000 }, async () => {
  await using simulator = await startSimulator({ respond: calling('test__hang') })
  const run = await recorded(simulator.baseURL)
  await run.run()
  await run.runs('approve', 'r1', await questionOf(run))
  const killed = run.run(
    (stderr, child) =>
      void (
        stderr.includes('→ test__hang') &&
        expect
          .poll(run.log, { timeout: 20_000 })
          .toContain('call hang')
          .then(() => child.kill('SIGKILL'))
      ),
  )
  expect((await killed).code).toBeNull()
  expect(await run.run()).toMatchObject({ code: 4, stderr: expect.stringMatching(/unknown whether this call of test__hang was done/) })
  await run.runs('outcome', 'r1', await questionOf(run), '--output', 'It was done.')
  expect(await run.run()).toMatchObject({ code: 0, stdout: expect.stringContaining('It is done.') })
  expect(run.log().match(/call hang/g)).toHaveLength(1)
})
