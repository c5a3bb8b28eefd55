import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { startSimulator } from '@capstan/simulator'
import { scriptedMcpServer } from '@capstan/test-kit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { capstan, hasTerminal, Terminal } from '../testing/command.ts'

const { command, args } = scriptedMcpServer('plain')
const server = `test="${command}" "${args[0]}"`
const variables = ['--mcp-env', 'SCRIPT', '--mcp-env', 'LOG']

function options(baseURL: string): { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  return { args: ['--base-url', baseURL, '--no-tools', ...variables], env: { EVOLINK_API_KEY: 'k', SCRIPT: 'plain', LOG: '', A_SECRET: 'canary' } }
}

test('a call of a server needs an approval: without a terminal the run pauses with exit code 4', async () => {
  await using simulator = await startSimulator({ script: [{ toolCalls: [{ name: 'test__echo', input: { text: 'hello' } }] }] })
  const { args: given, env } = options(simulator.baseURL)
  const { code, stderr } = await capstan(['run', ...given, '--mcp', server, 'Say hello.'], { env })
  expect([code, stderr]).toEqual([4, expect.stringContaining('A person must decide')])
})

describe.skipIf(!hasTerminal)('in a terminal', () => {
  test('run asks the person, calls the server, and shows terminal escapes as text', async () => {
    await using simulator = await startSimulator({ script: [{ toolCalls: [{ name: 'test__escapes', input: {} }] }, { text: 'It said what it said.' }] })
    const { args: given, env } = options(simulator.baseURL)
    const terminal = new Terminal(['run', ...given, '--mcp', server, 'Go.'], { env })
    await terminal.until(/This call of test__escapes needs your approval/)
    await terminal.until(/Run it\? \(yes, no, edit\) /)
    terminal.type('yes\n')
    const shown = await terminal.until(/It said what it said/)
    expect(shown).toMatch(/← test__escapes/)
    expect(shown).toContain('<U+001B>[2J')
    expect(shown).not.toContain('\u001b]0;title')
    expect(shown).not.toContain('\u001b[2J')
    expect(await terminal.ended).toBe(0)
  })
})

test('a server over HTTP, beside one that is a process', async () => {
  const url = await startHttpServer()
  await using simulator = await startSimulator({ script: [{ text: 'Hello.' }] })
  const { args: given, env } = options(simulator.baseURL)
  const { code } = await capstan(['run', ...given, '--mcp', server, '--mcp-url', `web=${url}`, 'Hello?'], { env })
  const body = JSON.stringify(simulator.requests[0]?.body)
  expect([code, body]).toEqual([0, expect.stringMatching(/test__echo.*web__work/)])
})

/** A server with one tool, over HTTP. */
async function startHttpServer(): Promise<string> {
  const results: Readonly<Record<string, object>> = {
    initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'web', version: '1' } },
    'tools/list': { tools: [{ name: 'work', description: 'Works.', inputSchema: { type: 'object' } }] },
  }
  const http = createServer(async (request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end()
    // The client sends JSON-RPC.
    const { id, method } = (await json(request)) as { readonly id?: number; readonly method: string }
    if (id === undefined) return void response.writeHead(202).end()
    const answer = results[method] === undefined ? { error: { code: -32_601, message: 'Method not found' } } : { result: results[method] }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => void http.close())
  // It listens on a port.
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`
}

test.each([
  ['exit', /error \(mcp-failed\): The MCP server test cannot be used: it ended with exit\s+code 3\. It wrote to stderr: .*The key is missing/],
  ['no-such-program', /error \(mcp-failed\): The MCP server test cannot be used: there is no program/],
])('a server that does not start (%s) is an error with exit code 1', async (script, message) => {
  const command = script === 'exit' ? server : `test=${script}`
  const { code, stdout, stderr } = await capstan(['run', '--offline', ...variables, '--mcp', command, 'Hello?'], { env: { SCRIPT: script, LOG: '' } })
  expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(message)])
})

test.each([
  [['--mcp', ''], '--mcp takes a command'],
  [['--mcp', "npx 'a"], 'ends inside a quote'],
  [['--mcp-url', 'ftp://127.0.0.1'], 'http or https'],
  [['--agent', './agent.mjs', '--mcp', 'x'], '--mcp cannot be used'],
])('%j is a usage error', async (given, message) => {
  const { code, stderr } = await capstan(['run', ...given, 'Hello?'])
  expect([code, stderr.replace(/\s+/g, ' ')]).toEqual([2, expect.stringContaining(message)])
})
