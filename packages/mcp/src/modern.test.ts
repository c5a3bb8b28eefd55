import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Json } from '@capstan/core'
import { installMcpServers } from '@capstan/test-kit'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type McpServer, mcp } from './index.ts'
import { callTool } from './testing/call.ts'

const installed = installMcpServers()
const whySkipped = 'reason' in installed ? `, skipped: ${installed.reason}` : ''

async function connect(onChange?: () => void): Promise<McpServer> {
  const folder = 'folder' in installed ? installed.folder : ''
  const child = spawn(process.execPath, [join(folder, 'modern-server.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [url] = (await once(child.stdout, 'data')) as [Buffer]
  const server = await mcp({ url: String(url).trim() }, { name: 'modern', closeTimeoutMs: 500, ...(onChange !== undefined && { onChange }) })
  onTestFinished(() => server.close())
  return server
}

describe.skipIf('reason' in installed)(`a server of 2026-07-28 over HTTP${whySkipped}`, { timeout: 60_000 }, () => {
  test('calls, progress and cancelling', async () => {
    const server = await connect()
    expect(server.protocolVersion).toBe('2026-07-28')
    const reports: Json[] = []
    expect(await callTool(server, 'modern__report', { progress: (data) => reports.push(data) })).toMatchObject({ status: 'ok', text: 'reported' })
    expect(reports).toEqual([{ progress: 1, total: 2 }])
    const controller = new AbortController()
    const called = callTool(server, 'modern__hang', { signal: controller.signal })
    setTimeout(() => controller.abort(), 300)
    expect(await called).toMatchObject({ status: 'abandoned' })
    await expect.poll(async () => (await callTool(server, 'modern__era')).text, { timeout: 10_000 }).toBe('modern, 1 cancelled')
  })

  test('a list that changes is read again, also after the stream of notices broke', async () => {
    const onChange = vi.fn()
    const server = await connect(onChange)
    // The stream of notices is opened in the background.
    await expect.poll(() => callTool(server, 'modern__change').then(() => server.toolName('late')), { timeout: 20_000, interval: 500 }).toBe('modern__late')
    expect(onChange).toHaveBeenCalled()
    await callTool(server, 'modern__cut')
    await expect.poll(() => server.toolName('late'), { timeout: 20_000 }).toBeUndefined()
  })
})
