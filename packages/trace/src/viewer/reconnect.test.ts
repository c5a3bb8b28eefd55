import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isBrowserMissing, launchBrowser } from '../testing/browser.ts'
import { appendLine, WrittenTrace } from '../testing/written-trace.ts'
import { serveViewer } from './serve.ts'
import { TraceSource } from './source/trace-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'reconnect-'))

/** A server in front of the viewer, whose connections can be cut. */
class Front {
  readonly server: Server

  constructor(viewerUrl: string) {
    const { port } = new URL(viewerUrl)
    this.server = createServer((incoming, response) => {
      const headers = { ...incoming.headers, host: `127.0.0.1:${port}` }
      const passed = request({ host: '127.0.0.1', port, path: incoming.url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response)
      })
      passed.on('error', () => response.destroy())
      response.on('close', () => passed.destroy())
      passed.end()
    })
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve))
    return (this.server.address() as AddressInfo).port
  }

  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.server.closeAllConnections()
    await closed
  }
}

describe.skipIf(isBrowserMissing)('a page whose connection is lost', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  }, 60_000)
  afterAll(async () => await browser.close())

  async function opened(url: string): Promise<Page> {
    const page = await browser.newPage()
    page.setDefaultTimeout(20_000)
    await page.goto(url)
    await page.locator('.connection.live').waitFor()
    return page
  }

  const names = async (page: Page): Promise<readonly string[]> => await page.locator('[role=treeitem] .name b').allTextContents()
  const calls = (page: Page): Promise<string | null> => page.locator('.totals > div', { hasText: 'Tool calls' }).locator('dd').textContent()

  test('says so, continues behind the lines that it has when there is a connection again, and shows nothing twice', { timeout: 60_000 }, async () => {
    const path = join(folder, 'cut.trace.jsonl')
    const trace = new WrittenTrace().begin('walker').step(1, '', { look: 'a' })
    writeFileSync(path, trace.toString())
    const add = (lines: readonly object[]): void => appendFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const viewer = await serveViewer(TraceSource.ofFile(path), { follow: true })
    const front = new Front(viewer.url)
    const port = await front.listen()
    const page = await opened(viewer.url.replace(/:\d+/, `:${port}`))
    await front.cut()
    await page.getByText('connection lost, trying again').waitFor()
    // What comes while nobody listens: a step, but for half of its last line.
    const before = trace.lines.length
    const added = trace.step(2, '', { look: 'b' }).lines.slice(before)
    const last = `${JSON.stringify(added.at(-1))}\n`
    add(added.slice(0, -1))
    appendFileSync(path, last.slice(0, 20))
    await front.listen(port)
    await page.getByText('step 2').waitFor()
    await page.locator('.connection.live').waitFor()
    appendFileSync(path, last.slice(20))
    trace.end('Done.')
    add(trace.lines.slice(-1))
    await page.locator('header .pill.ok').waitFor()
    expect(await names(page)).toEqual(['walker', 'step 1', 'm', 'look', 'step 2', 'm', 'look'])
    expect(await calls(page)).toBe('2')
    await page.close()
    await front.cut()
    await viewer.close()
  })

  test('and whose command was started again on the same port says that it needs the new address', { timeout: 60_000 }, async () => {
    const path = join(folder, 'again.trace.jsonl')
    writeFileSync(path, new WrittenTrace().begin('walker').toString())
    const viewer = await serveViewer(TraceSource.ofFile(path), { follow: true })
    const page = await opened(viewer.url)
    await viewer.close()
    await page.getByText('connection lost, trying again').waitFor()
    const again = await serveViewer(TraceSource.ofFile(path), { follow: true, port: Number(new URL(viewer.url).port) })
    await page.getByText('open the new address that the command printed').waitFor()
    expect(await names(page)).toEqual(['walker'])
    await page.goto(again.url)
    await page.locator('.connection.live').waitFor()
    await page.close()
    await again.close()
  })

  test('a run that begins while the list of a folder is shown comes into it', { timeout: 60_000 }, async () => {
    const runs = mkdtempSync(join(folder, 'runs-'))
    for (const name of ['first', 'second']) writeFileSync(join(runs, `${name}.trace.jsonl`), new WrittenTrace(name).begin(name).toString())
    const viewer = await serveViewer(TraceSource.ofFolder(runs), { follow: true })
    const page = await browser.newPage()
    page.setDefaultTimeout(20_000)
    await page.goto(viewer.url)
    await page.getByRole('heading', { name: '2 runs' }).waitFor()
    const third = new WrittenTrace('third').begin('third')
    writeFileSync(join(runs, 'third.trace.jsonl'), third.toString())
    await page.getByRole('link', { name: /third/ }).click()
    appendLine(join(runs, 'third.trace.jsonl'), third.event('step-start', { step: 1 }))
    await page.getByText('step 1').waitFor()
    await page.getByRole('button', { name: 'All runs' }).click()
    expect(await page.getByRole('link').count()).toBe(3)
    await page.close()
    await viewer.close()
  })
})
