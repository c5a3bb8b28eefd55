import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeAgentFolder } from '../testing/agent-file.ts'
import { capstan, cli } from '../testing/command.ts'
import type { Output } from './terminal/output.ts'
import { say } from './terminal/shown-text.ts'

const { folder, agent } = makeAgentFolder()

interface Left {
  readonly code: number | null
  readonly stderr: string
}

/** Runs the command with a reader of stdout that closes it after the first piece. */
async function leaveEarly(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Left> {
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdout.once('data', () => child.stdout.destroy())
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve)
  })
  return { code, stderr }
}

test('a reader that closes stdout during a run ends the run: an exit code other than 0, one sentence, no stack', async () => {
  const { code, stderr } = await leaveEarly(['run', agent('slow'), '--jsonl', '--quiet', 'Pay it.'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^(working\n)?error: the reader of stdout closed it before everything was written\..*\n$/)
})

test('a reader that closes stdout during the help is not an error', async () => {
  expect(await leaveEarly(['--help'])).toEqual({ code: 0, stderr: '' })
})

test('closed stderr does not end a run', async () => {
  const child = spawn(process.execPath, [cli, 'run', agent('slow'), 'Pay it.'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stderr.destroy()
  let stdout = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  const code = await new Promise((resolve) => {
    child.on('close', resolve)
  })
  expect([code, stdout]).toEqual([0, 'Result: paid 5\n'])
})

test
  .skipIf(!existsSync('/dev/full'))
  .each([
    ['run', agent('careless'), 'Pay it.'],
    ['run', agent('careless'), '--json', 'Pay it.'],
    ['run', agent('careless'), '--jsonl', 'Pay it.'],
    ['runs', 'list'],
    ['--help'],
  ])('a full disk under stdout is one sentence and exit code 1: %j', (...args) => {
  const words = args.map((word) => `'${word}'`).join(' ')
  const { status, stderr } = spawnSync('sh', ['-c', `'${process.execPath}' '${cli}' ${words} >/dev/full`], { cwd: folder, encoding: 'utf8' })
  expect([status, stderr]).toEqual([1, expect.stringMatching(/error: stdout cannot be written: .*ENOSPC/)])
  expect(stderr).not.toMatch(/^ {4}at /m)
})

test('a complete result that was read is exit code 0, even if the reader closes stdout afterwards', async () => {
  const paid = join(folder, 'paid')
  expect((await leaveEarly(['run', agent('careless'), '--quiet', 'Pay it.'], { TEST_PAID: paid })).code).toBe(0)
  expect(readFileSync(paid, 'utf8')).toBe('{"amount":5}\n')
})

test('only cleaned text can be written', () => {
  const output: Output = { write: () => undefined }
  // @ts-expect-error a text that was not cleaned
  output.write('text')
  output.write(say`${'text'}`)
  const sources = readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' }).filter((name) => /(?<!\.test)\.ts$/.test(name))
  const writers = sources.filter((name) => /process\.std(?:out|err)|console\./.test(readFileSync(new URL(name, import.meta.url), 'utf8')))
  expect(writers).toEqual(['host.ts'])
})

test('a tool that ignores the end of its run does not keep the process alive', async () => {
  const started = Date.now()
  const { code } = await capstan(['run', agent('slow'), 'Pay it.'], {
    cwd: folder,
    env: { TEST_MS: '60000' },
    onStderr: (text, child) => {
      if (text.endsWith('working\n')) child.kill('SIGINT')
    },
  })
  expect([code, Date.now() - started < 30_000]).toEqual([130, true])
})

test('an error that an agent throws outside its run is cleaned and shown, with exit code 1', async () => {
  const { code, stderr } = await capstan(['run', agent('throwing'), 'Pay it.'], { cwd: folder })
  expect([code, stderr]).toEqual([1, expect.stringContaining('error (internal, a defect of capstan or of the agent): Error: lost<U+001B>]0;x<U+202E>')])
})

/** Sends a signal while the tool is running. */
function killAtWork(signal: NodeJS.Signals): (text: string, child: ChildProcess) => void {
  return (text, child) => {
    if (text.endsWith('working\n')) child.kill(signal)
  }
}

test('after SIGTERM the work in progress ends and is recorded, the exit code is 4, and the run can continue later', async () => {
  const paid = join(folder, 'stopped')
  const env = { TEST_PAID: paid, TEST_MS: '1000' }
  const stopped = await capstan(['run', agent('slow'), '--journal', 'runs', '--run-id', 's1', 'Pay it.'], { cwd: folder, env, onStderr: killAtWork('SIGTERM') })
  expect([stopped.code, stopped.stdout, readFileSync(paid, 'utf8')]).toEqual([4, '', '{"amount":5}\n'])
  expect(stopped.stderr).toMatch(/may take 8 s[\s\S]*To continue it: capstan runs resume s1 --journal runs --agent FILE#NAME/)
  expect((await capstan(['runs', 'list', '--journal', 'runs'], { cwd: folder })).stdout).toMatch(/^s1 {2}stopped /)
  const resumed = await capstan(['runs', 'resume', 's1', '--journal', 'runs', agent('slow')], { cwd: folder, env })
  expect([resumed.code, resumed.stdout, readFileSync(paid, 'utf8')]).toEqual([0, 'Result: paid 5\n', '{"amount":5}\n'])
})

test.each(['run', 'chat'])('%s: after the grace period the run is aborted', async (command) => {
  const words = command === 'run' ? ['Pay it.'] : []
  const { code, stderr } = await capstan([command, agent('slow'), '--grace-seconds', '1', ...words], {
    cwd: folder,
    stdin: 'Pay it.\nNot asked.\n',
    env: { TEST_MS: '60000' },
    onStderr: killAtWork('SIGTERM'),
  })
  expect([code, stderr]).toEqual([130, expect.stringMatching(/aborted.*1000 ms/)])
  expect(stderr.match(/step 1/g)).toHaveLength(1)
})

test('chat ends after SIGTERM with exit code 4, when the work in progress has ended', async () => {
  const paid = join(folder, 'chat-stopped')
  const { code, stdout } = await capstan(['chat', agent('slow')], {
    cwd: folder,
    stdin: 'Pay it.\nAgain.\n',
    env: { TEST_PAID: paid },
    onStderr: killAtWork('SIGTERM'),
  })
  expect([code, stdout, readFileSync(paid, 'utf8')]).toEqual([4, '', '{"amount":5}\n'])
})

test('a second SIGTERM aborts at once', async () => {
  let count = 0
  const { code } = await capstan(['run', agent('slow'), '--grace-seconds=600', 'Pay it.'], {
    cwd: folder,
    env: { TEST_MS: '60000' },
    onStderr: (text, child) => {
      if ((count === 0 && text.endsWith('working\n')) || (count === 1 && /may take/.test(text))) {
        count++
        child.kill('SIGTERM')
      }
    },
  })
  expect([code, count]).toEqual([130, 2])
})
