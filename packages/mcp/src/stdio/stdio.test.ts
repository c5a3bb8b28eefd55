import { readFileSync } from 'node:fs'
import { scriptedMcpServer } from '@capstan/test-kit'
import { expect, test, vi } from 'vitest'
import { mcp } from '../index.ts'
import { callTool } from '../testing/call.ts'
import { startServer } from '../testing/start-server.ts'

test('tools have names of both sides, and are sorted', async () => {
  const { server } = await startServer('plain')
  expect(server.tools.map(({ name }) => name)).toEqual(['change', 'crash', 'echo', 'environment', 'escapes', 'hang', 'huge'].map((name) => `test__${name}`))
  expect(server.toolName('echo')).toBe('test__echo')
  expect(server.remoteName('test__echo')).toBe('echo')
  expect(await callTool(server, 'test__echo', { input: { text: 'hello' } })).toMatchObject({ status: 'ok', text: 'echo hello' })
})

test('a server that is not trusted decides nothing: each call has an effect once, is approved, reaches the outside and returns what is untrusted', async () => {
  const { server } = await startServer('plain')
  expect(server.tools[0]).toMatchObject({ effect: 'once', needsApproval: true, reaches: ['external'], returns: 'untrusted' })
})

test('a server gets only the variables that were named', async () => {
  process.env['A_SECRET'] = 'key'
  const { server } = await startServer('plain')
  expect(await callTool(server, 'test__environment')).toMatchObject({ text: 'LOG SCRIPT' })
})

test('a variable that is named and missing is a warning', async () => {
  const warn = vi.fn()
  const { command: program, args } = scriptedMcpServer('plain')
  await using server = await mcp({ command: program, args, env: ['NOT_THERE'] }, { name: 'test', onWarning: warn })
  expect(await callTool(server, 'test__environment')).toMatchObject({ text: '(no output)' })
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ type: 'variable-missing', message: expect.stringContaining('NOT_THERE') }))
})

test('only what is allowed and not denied is offered, and a pattern that fits nothing is a warning', async () => {
  const { server, warnings } = await startServer('plain', { allow: ['e*', 'hnag'], deny: ['environment'] })
  expect(server.tools.map(({ name }) => name)).toEqual(['test__echo', 'test__escapes'])
  expect(warnings).toEqual([expect.objectContaining({ type: 'pattern-unused', message: expect.stringContaining('"hnag"') })])
})

test('an aborted call is cancelled at the server, which is not told why', async () => {
  const { server, log } = await startServer('plain')
  const controller = new AbortController()
  const called = callTool(server, 'test__hang', { signal: controller.signal })
  await expect.poll(log).toContain('call hang')
  controller.abort(new Error('a secret reason'))
  expect(await called).toMatchObject({ status: 'abandoned' })
  await expect.poll(log).toContain('cancelled Error: The request was cancelled.')
})

test('a call ends at its time limit, and is cancelled', async () => {
  const { server, log } = await startServer('plain', { timeoutMs: 300 })
  expect(await callTool(server, 'test__hang')).toMatchObject({ status: 'timeout' })
  await expect.poll(log).toContain('cancelled Error: The request was cancelled.')
})

test('a server that ends is started again, until it has not answered so many times', async () => {
  const { server, log } = await startServer('plain', { maxRestarts: 2 })
  for (let count = 0; count < 3; count++) {
    expect(await callTool(server, 'test__crash')).toMatchObject({ status: 'error', text: expect.stringMatching(/exit code 7.*may have been done/) })
  }
  expect(await callTool(server, 'test__echo')).toMatchObject({ status: 'error', text: expect.stringContaining('is not started again') })
  expect((await log()).filter((line) => line === 'start')).toHaveLength(3)
})

test('an answer counts the restarts from the beginning', async () => {
  const { server } = await startServer('plain', { maxRestarts: 1 })
  for (let count = 0; count < 3; count++) {
    expect(await callTool(server, 'test__crash')).toMatchObject({ status: 'error' })
    expect(await callTool(server, 'test__echo')).toMatchObject({ status: 'ok' })
  }
})

test('a server that does not answer the handshake is an error, in bounded time, and is ended', async () => {
  await expect(mcp(scriptedMcpServer('silent'), { handshakeTimeoutMs: 800, closeTimeoutMs: 500 })).rejects.toMatchObject({
    code: 'mcp-failed',
    message: expect.stringContaining('did not answer the handshake within 800 ms'),
  })
})

test('a server that ends at once is an error with its exit code and its last words', async () => {
  await expect(mcp(scriptedMcpServer('exit'), { name: 'test' })).rejects.toMatchObject({
    code: 'mcp-failed',
    message: 'The MCP server test cannot be used: it ended with exit code 3. It wrote to stderr: [31mThe key is missing.[0m.',
  })
})

test('a program that is not there is an error, which names a missing PATH', async () => {
  await expect(mcp({ command: 'no-such-program' })).rejects.toMatchObject({
    code: 'mcp-failed',
    message: expect.stringContaining('there is no program "no-such-program"'),
  })
  await expect(mcp({ command: 'no-such-program', env: {} })).rejects.toMatchObject({ message: expect.stringContaining('It gets no PATH') })
})

test.each(['ends-at-probe', 'noise', 'flood-stderr'])('a server with the script %s works', async (script) => {
  const { server } = await startServer(script)
  expect(await callTool(server, 'test__echo', { input: { text: 'x' } })).toMatchObject({ status: 'ok', text: 'echo x' })
})

test('an answer of 100 MB ends the server, in bounded memory, and the next call starts it again', async () => {
  const { server } = await startServer('plain', { maxMessageBytes: 1_000_000 })
  expect(await callTool(server, 'test__huge')).toMatchObject({ status: 'error', text: expect.stringContaining('a message of more than 1000000 bytes') })
  expect(await callTool(server, 'test__echo')).toMatchObject({ status: 'ok' })
})

test.each(['child', 'stubborn'])('closing ends the server with the script %s, and what it started', async (script) => {
  const { server, log } = await startServer(script, { closeTimeoutMs: 600 })
  const ids = (await log()).flatMap((line) => /^process (\d+)$/.exec(line)?.[1] ?? [])
  expect(ids.length).toBeGreaterThan(0)
  await server.close()
  expect(await callTool(server, 'test__echo')).toMatchObject({ status: 'error', text: expect.stringContaining('it was closed') })
  await expect.poll(() => ids.filter(isRunning)).toEqual([])
})

/** A process that ended and that nobody waits for is not running. */
function isRunning(id: string): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${id}/stat`, 'utf8'))
  } catch {
    return false
  }
}
