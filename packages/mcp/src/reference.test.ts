import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from '@capstan/core'
import { installMcpServers } from '@capstan/test-kit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type McpOptions, type McpServer, mcp } from './index.ts'
import { startBridge } from './testing/bridge.ts'
import { callTool } from './testing/call.ts'

const installed = installMcpServers()
const whySkipped = 'reason' in installed ? `, skipped: ${installed.reason}` : ''
const folder = 'folder' in installed ? installed.folder : ''

type Name = 'filesystem' | 'memory' | 'everything'
type Transport = 'stdio' | 'HTTP'

interface Connecting extends McpOptions {
  readonly args?: readonly string[]
}

async function connect(transport: Transport, name: Name, { args = [], ...options }: Connecting = {}): Promise<McpServer> {
  const command = join(folder, 'node_modules', '.bin', `mcp-server-${name}`)
  const target = transport === 'HTTP' ? { url: await startBridge(command, args) } : { command, args }
  const server = await mcp(target, { name, closeTimeoutMs: 1_000, ...options })
  onTestFinished(() => server.close())
  return server
}

describe.skipIf('reason' in installed).each<Transport>(['stdio', 'HTTP'])(`the reference servers over %s${whySkipped}`, (transport) => {
  test('filesystem: 14 tools that read and write inside the folder, and refuse what is outside', { timeout: 60_000 }, async () => {
    const root = await mkdtemp(join(tmpdir(), 'capstan-'))
    await writeFile(join(root, 'note.txt'), 'Oslo is cold.')
    const server = await connect(transport, 'filesystem', { args: [root] })
    expect(server.tools).toHaveLength(14)
    expect(await callTool(server, 'filesystem__read_text_file', { input: { path: join(root, 'note.txt') } })).toMatchObject({
      status: 'ok',
      text: 'Oslo is cold.',
    })
    const written = await callTool(server, 'filesystem__write_file', { input: { path: join(root, 'new.txt'), content: 'x' } })
    expect([written.status, await readFile(join(root, 'new.txt'), 'utf8')]).toEqual(['ok', 'x'])
    expect(await callTool(server, 'filesystem__read_text_file', { input: { path: '/etc/passwd' } })).toMatchObject({
      status: 'error',
      text: expect.stringContaining('outside allowed directories'),
    })
    expect(await callTool(server, 'filesystem__read_text_file', { input: { file: 'x' } })).toMatchObject({ status: 'invalid-input' })
  })

  test('memory: 9 tools, and a trusted server decides about effects', { timeout: 60_000 }, async () => {
    const server = await connect(transport, 'memory', { trusted: true })
    expect(server.tools).toHaveLength(9)
    const facts = server.tools.map(({ name, effect, needsApproval, reaches }) => [name, { effect, needsApproval, reaches }])
    expect(Object.fromEntries(facts)).toMatchObject({
      memory__read_graph: { effect: 'read', needsApproval: false, reaches: [] },
      memory__delete_entities: { needsApproval: true, reaches: ['write'] },
    })
    expect(await callTool(server, 'memory__search_nodes', { input: { query: 'nobody' } })).toMatchObject({
      status: 'ok',
      text: expect.stringContaining('entities'),
    })
  })

  test('everything: texts, numbers, images, links, structure, progress, questions, resources and prompts', { timeout: 60_000 }, async () => {
    const asked: string[] = []
    const server = await connect(transport, 'everything', {
      onElicit: ({ message }) => {
        asked.push(message)
        return { action: 'accept', content: { name: 'Ada' } }
      },
    })
    const call = async (name: string, input: Json = {}): Promise<string> => (await callTool(server, `everything__${name}`, { input })).text
    expect(await call('get-sum', { a: 1, b: 2 })).toContain('3')
    expect(await call('get-tiny-image')).toMatch(/\[image\/png, [\d,]+ bytes\]/)
    expect(await call('get-resource-links', { count: 2 })).toMatch(/\[resource demo:.*\n\[resource demo:/)
    expect(JSON.parse(await call('get-structured-content', { location: 'New York' }))).toMatchObject({ temperature: expect.any(Number) })
    const reports: Json[] = []
    await callTool(server, 'everything__trigger-long-running-operation', { input: { duration: 0.3, steps: 3 }, progress: (data) => reports.push(data) })
    expect(reports[0]).toEqual({ progress: 1, total: 3 })
    if (transport === 'stdio') expect([await call('trigger-elicitation-request'), asked]).toEqual([expect.stringContaining('Ada'), [expect.any(String)]])
    const [resource] = await server.resources()
    expect(await server.readResource(resource?.uri ?? '')).toEqual([expect.objectContaining({ text: expect.any(String) })])
    expect(await server.prompt('args-prompt', { city: 'Oslo' })).toEqual([
      { role: 'user', content: [{ type: 'text', text: expect.stringContaining('Oslo') }], labels: ['untrusted'] },
    ])
    await expect(server.readResource('demo://nothing')).rejects.toMatchObject({ code: 'mcp-failed' })
  })
})

describe.skipIf('reason' in installed)(`a question of a server${whySkipped}`, () => {
  test('is declined without a callback', { timeout: 60_000 }, async () => {
    const server = await connect('stdio', 'everything')
    expect(await callTool(server, 'everything__trigger-elicitation-request')).toMatchObject({ text: expect.stringMatching(/declined/i) })
  })
})
