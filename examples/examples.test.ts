import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { postgresFolder, startPostgres } from '@capstan/test-kit'
import { expect, onTestFinished, test } from 'vitest'
import { diffLines } from './support/terminal/diff-lines.ts'
import { wrapLine } from './support/terminal/wrap-line.ts'

/** Starts an example like a reader would: built, in a separate process, without a key. */
function start(name: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const { EVOLINK_API_KEY: _, ...inherited } = process.env
  const file = fileURLToPath(new URL(`dist/${name}.js`, import.meta.url))
  return spawn(process.execPath, [file, ...args], { env: { ...inherited, ...env } })
}

async function run(name: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}, input = ''): Promise<string> {
  const child = start(name, args, env)
  child.stdin.end(input)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const [code] = await once(child, 'close')
  return code === 0 ? output : `exit ${code}\n${output}`
}

test('one tool', async () => {
  expect(await run('one-tool')).toMatch(/light rain[\s\S]*2 steps, \d+ tokens, finished/)
})

test('parallel tools start together and end on their own', async () => {
  expect(await run('parallel-tools')).toMatch(/→ word_count[\s\S]*→ get_weather[\s\S]*← get_weather[\s\S]*← word_count[\s\S]*5 words/)
})

test('an output is shown while it comes', async () => {
  expect(await run('partial-output')).toMatch(/so far: Wang Trading\n[\s\S]*Wang Trading: 1240\n$/)
})

test('each user has a budget, with one agent', async () => {
  expect(await run('budget-of-a-user')).toMatch(/^Ada: finished, \d+ tokens left\nBob: max-tokens, 20 tokens left\n$/)
})

test('an agent with 1,000 tools finds the one that is asked for', async () => {
  expect(await run('thousand-tools')).toMatch(
    /^search_tools \[[^\]]*fleet_archive_vehicle[\s\S]*fleet_archive_vehicle archive vehicle 42 in fleet: done\.\n1000 tools, 3 steps, \d+ tokens of input\n$/,
  )
})

test('a run of 300 steps clears and summarises, and costs less than half of what it costs without', async () => {
  const output = await run('long-run')
  const line = /(\d+) steps, cleared (\d+) times, summarised (\d+) times, \$(\d+\.\d+)/
  const [short = [], complete = []] = output.split('\n').map((text) => line.exec(text)?.slice(1).map(Number))
  expect(short[0]).toBe(301)
  expect(short[1]).toBeGreaterThan(3)
  expect(short[2]).toBeGreaterThan(1)
  expect(complete.slice(0, 3)).toEqual([301, 0, 0])
  expect(short[3]).toBeLessThan((complete[3] ?? 0) / 2)
}, 60_000)

test('a chat of 200 turns in files continues in another process, and is shortened', async () => {
  await expectLongChat({ DATABASE_URL: '', SESSIONS_FOLDER: await mkdtemp(join(tmpdir(), 'capstan-')) })
}, 60_000)

test('a chat of 200 turns in PostgreSQL continues in another process, and is shortened', async ({ skip }) => {
  skip(postgresFolder() === undefined, 'PostgreSQL (Debian: postgresql) is not installed')
  const server = await startPostgres()
  onTestFinished(() => server.stop())
  await expectLongChat({ DATABASE_URL: server.urlOf('postgres'), SESSIONS_FOLDER: '/dev/null' })
}, 60_000)

async function expectLongChat(env: Readonly<Record<string, string>>): Promise<void> {
  const said = /^(\d+) turns: (\d+) messages are kept, (\d+) are sent.*\n.* cleared (\d+) times.* summarised (\d+) times/
  for (const turns of [100, 200]) {
    const output = await run('long-chat', [], env)
    const [count, kept, sent, cleared, summarised] = said.exec(output)?.slice(1).map(Number) ?? []
    expect([count, kept], output).toEqual([turns, turns * 4])
    // The questions of the user stay.
    expect(sent).toBeGreaterThan(turns)
    expect(sent).toBeLessThan(turns * 2)
    expect(cleared).toBeGreaterThan(0)
    expect(summarised).toBeGreaterThan(0)
  }
}

test('a coding agent changes nothing that a person did not approve, and shows each change in 80 columns', async () => {
  const approved = await run('coding-agent', [], {}, 'yes\nyes\nyes\n')
  const [, folder = ''] = /^The program is in (.*)$/m.exec(approved) ?? []
  expect(approved).toMatch(
    /- {3}return.* sum - price, 0\)\n {2}\+ {3}return.* sum \+ price, 0\)[\s\S]*args\[0\]: "--test"[\s\S]*\+ - total\(\) adds[\s\S]*passes/,
  )
  expect(await readFile(join(folder, 'total.mjs'), 'utf8')).toContain('sum + price')

  const denied = await run('coding-agent', [], {}, 'yes please\n')
  const [, kept = ''] = /^The program is in (.*)$/m.exec(denied) ?? []
  expect(denied).toMatch(/I stop here/)
  expect(await readFile(join(kept, 'total.mjs'), 'utf8')).toContain('sum - price')
  expect(await readdir(kept)).toEqual(['CHANGES.md', 'total.mjs', 'total.test.mjs'])
}, 60_000)

test('a research agent writes the file that the user named, and a person is asked about the file that a page named', async () => {
  const output = await run('research-agent')
  expect(output.match(/^http_fetch: .*$/gm)).toEqual(['http_fetch: ok', 'http_fetch: ok', 'http_fetch: ok', 'http_fetch: invalid-input'])
  expect(output.match(/^write_file: .*$/gm)).toEqual(['write_file: denied', 'write_file: ok'])
  expect(output.match(/^asked about: .*$/gm)).toEqual([expect.stringMatching(/"path":"start\.sh".*"sources":\["r2\.1"\]/)])
  expect(output).toMatch(/The report is in report\.md\. Files: report\.md$/m)
})

test('text of a model cannot look like another line of a question, or control the terminal', () => {
  const rows = diffLines('a\nb', `a\n${'x'.repeat(100)}\u001b[2K\r\u202eyes`).flatMap((line) => wrapLine(line, 80))
  expect(rows.slice(0, 3)).toEqual(['  = a', '  - b', `  + ${'x'.repeat(76)}`])
  expect(rows[3]).toBe(`    | ${'x'.repeat(24)}<U+001B>[2K<U+000D><U+202E>yes`)
  expect(Math.max(...rows.map((row) => row.length))).toBe(80)
})

test('abort ends although the tool ignores it', async () => {
  expect(await run('abort')).toBe('aborted: 1 messages are kept and can be sent again\n')
})

test('a run that waits for an approval continues in another process after the decision', async () => {
  const env = { PAUSED_FILE: join(await mkdtemp(join(tmpdir(), 'capstan-')), 'paused.json') }
  expect(await run('approval-elsewhere', [], env)).toContain("invoice: 'INV-7'")
  expect(await run('approval-elsewhere', ['deny', 'too much'], env)).toMatch(/denied[\s\S]*too much/)
  expect(await run('approval-elsewhere', ['approve'], env)).toContain('Paid INV-7')
})

test('an approval survives kill -9, and the next process continues the run', async () => {
  const env = { RUNS_FOLDER: await mkdtemp(join(tmpdir(), 'capstan-')) }
  const killed = start('approval-survives-kill', [], env)
  const [first] = (await once(killed.stdout, 'data')) as [Buffer]
  expect(String(first)).toMatch(/Waiting[\s\S]*INV-7/)
  killed.kill('SIGKILL')
  await once(killed, 'close')

  const next = run('approval-survives-kill', [], env)
  expect(await run('approval-survives-kill', ['approve'], env)).toBe('')
  expect(await next).toMatch(/finished[\s\S]*Paid INV-7 \(key invoice-7\//)
})

test('a team of agents survives kill -9 while an agent inside the run waits for an approval', async () => {
  const env = { RUNS_FOLDER: await mkdtemp(join(tmpdir(), 'capstan-')) }
  const killed = start('agent-team', [], env)
  const [first] = (await once(killed.stdout, 'data')) as [Buffer]
  expect(String(first)).toMatch(/Waiting[\s\S]*agent: 'writer'[\s\S]*write#1/)
  killed.kill('SIGKILL')
  await once(killed, 'close')

  const next = run('agent-team', [], env)
  expect(await run('agent-team', ['approve'], env)).toBe('')
  const output = await next
  expect(output.match(/Publishing/g)).toHaveLength(1)
  expect(output).toMatch(/Publishing Tides \(article-1\/steps\/2\/tools\/0\/steps\/1\/tools\/0\)/)
  expect(output).toMatch(
    /research#1 finished 2 steps[\s\S]*research#2 finished 2 steps[\s\S]*write#1 finished 2 steps[\s\S]*finished The article about tides is published/,
  )
})

test('an agent with the tools of an MCP server', async ({ skip }) => {
  const output = await run('mcp-agent')
  skip(output.includes('cannot be installed'), output)
  expect(output).toBe('files__list_directory, files__read_text_file\napproved: oslo.txt\nTake warm clothes; the ferry leaves at nine.\n')
}, 150_000)

test('an approval on Restate', async ({ skip }) => {
  const output = await run('on-restate')
  skip(output.includes('cannot be installed'), output)
  expect(output).toMatch(/Waiting[\s\S]*INV-7[\s\S]*Paid INV-7 \(key invoice-7\//)
}, 150_000)

test('what the pages about moving show of a run', async () => {
  expect(await run('moving-run')).toMatch(/^run: .*Oslo.*\nstream: \n\[get_weather\] .*Oslo.*\nlimit: max-steps\noutput: 4\nconversation: 4 messages\n$/)
})

test('what the pages about moving show of approvals, agents and sessions', async () => {
  const env = { SESSIONS_FOLDER: await mkdtemp(join(tmpdir(), 'capstan-')) }
  expect(await run('moving-state', [], env)).toMatch(/^approval: .*Paid INV-7\.\nagents: 1 called, 1 question\nsession: 4 messages, answered\n$/)
})

test('a tool gets who called it, and its error is for the model', async () => {
  expect(await run('tool-options')).toBe('ok: {"order":"A-17","place":"on its way to Oslo"}\nerror: There is no order A-18. Known are A-17.\n')
})

test('a deployed process is healthy, asks for a token, ends cleanly on SIGTERM, and its runs are there after a restart, in files', async () => {
  await expectDeployed({ RUNS_FOLDER: await mkdtemp(join(tmpdir(), 'capstan-')), DATABASE_URL: '' })
})

test('the same in PostgreSQL', async ({ skip }) => {
  skip(postgresFolder() === undefined, 'PostgreSQL (Debian: postgresql) is not installed')
  const server = await startPostgres()
  onTestFinished(() => server.stop())
  await expectDeployed({ DATABASE_URL: server.urlOf('postgres') })
}, 60_000)

async function expectDeployed(stores: Readonly<Record<string, string>>): Promise<void> {
  const env = { ...stores, API_TOKENS: '{"test-token":"user-7"}' }
  const headers = { authorization: 'Bearer test-token', 'content-type': 'application/json' }
  const first = await deploy(env)
  expect(await (await fetch(`${first.url}/health`)).json()).toEqual({ status: 'ok' })
  const body = JSON.stringify({ input: 'Hello, who are you?' })
  expect((await fetch(`${first.url}/runs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status).toBe(401)
  const { runId } = (await (await fetch(`${first.url}/runs`, { method: 'POST', headers, body })).json()) as { runId: string }
  expect(await (await fetch(`${first.url}/runs/${runId}/events`, { headers })).text()).toContain('"isLast":true')
  expect(await first.end()).toEqual([0, ''])

  const second = await deploy(env)
  expect(await (await fetch(`${second.url}/runs/${runId}/events`, { headers })).text()).toContain('"isLast":true')
  expect(await (await fetch(`${second.url}/runs/${runId}`, { headers })).json()).toMatchObject({ status: 'finished' })
  expect(await second.end()).toEqual([0, ''])
}

/** Starts the deployed process; `end` gives its exit code and what it wrote to stderr. */
async function deploy(env: Readonly<Record<string, string>>): Promise<{ readonly url: string; end(): Promise<readonly [number, string]> }> {
  const child = start('deploy', [], env)
  onTestFinished(() => void child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const end = async (): Promise<readonly [number, string]> => {
    child.kill('SIGTERM')
    const [code] = await once(child, 'close')
    return [Number(code), stderr]
  }
  return { url: String(line).trim(), end }
}

test('structured extraction gives checked JSON', async () => {
  expect(JSON.parse(await run('extract'))).toEqual({ name: expect.any(String), amount: 1240 })
})

test('an agent is tested against a script', async () => {
  expect(await run('test-an-agent')).toMatch(/a small refund is paid[\s\S]*pass 3/)
})

test('the service streams a run, and ends cleanly on SIGTERM while 500 clients connect and disconnect', async () => {
  const child = start('service')
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { port } = JSON.parse(String(line)) as { port: number }
  expect(await ask(port, { leaveAfterBytes: Number.POSITIVE_INFINITY })).toMatch(/"type":"text-delta"[\s\S]*"type":"run-end","status":"finished"/)

  // Every third client disconnects in the middle of its response.
  const clients = Array.from({ length: 500 }, (_, index) => ask(port, { leaveAfterBytes: index % 3 === 0 ? 200 : Number.POSITIVE_INFINITY }).catch(() => 'cut'))
  await Promise.race(clients)
  child.kill('SIGTERM')
  const [code] = await once(child, 'close')
  await Promise.all(clients)
  expect([code, stderr]).toEqual([0, ''])
}, 30_000)

test('the server of chats answers what a page of the AI SDK posts, and has its messages after the page is loaded again', async () => {
  const child = start('chat-server')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const api = `http://127.0.0.1:${(JSON.parse(String(line)) as { port: number }).port}/api/chat`
  const body = { id: 'c1', messages: [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: 'What is 17% of 2,340?' }] }] }
  const posted = await fetch(api, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  expect(await posted.text()).toMatch(/"toolName":"calculator"[\s\S]*"type":"finish","finishReason":"stop"[\s\S]*\[DONE\]/)
  expect(JSON.stringify(await (await fetch(`${api}/c1`)).json())).toMatch(/2,340[\s\S]*397[.]8/)
  child.kill('SIGTERM')
  expect(await once(child, 'close')).toEqual([0, null])
})

function ask(port: number, { leaveAfterBytes }: { leaveAfterBytes: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, host: '127.0.0.1', method: 'POST', agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
        if (body.length > leaveAfterBytes) outgoing.destroy()
      })
      response.on('end', () => resolve(body))
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end('Hello, who are you?')
  })
}
