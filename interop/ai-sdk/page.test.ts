import { existsSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import type { AgentServer } from '@capstan/server'
import type { ChatHandlers } from '@capstan/server/ai-sdk'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { bundlePage, pageOf } from './page-bundle.ts'
import { type Version, versions } from './sdks.ts'
import { besideEachOther, type Served, serve } from './served.ts'

// These tests share the processors with others.
vi.setConfig({ testTimeout: 60_000 })

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const scripts = new Map<Version, string>()
// The newest version here, all of them with `npm run interop -- --all`.
const tried = process.env['CAPSTAN_INTEROP'] === 'all' ? versions : versions.slice(-1)

// Without a browser these tests are skipped, and the report says so.
describe.skipIf(executablePath === undefined).each(tried)('useChat of ai %i in Chromium', (version) => {
  let browser: Browser
  beforeAll(async () => {
    scripts.set(version, await bundlePage(version))
    browser = await chromium.launch({ executablePath: executablePath ?? '', args })
  }, 60_000)
  afterAll(async () => await browser.close())

  /** Opens the page of a chat on a server of its own. The same address shows the chat again. */
  async function open(work: (page: Page, served: Served) => Promise<void>): Promise<void> {
    await using served = await serve({ version, mount: (server, chat) => withPage(version, server, chat) })
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('pageerror', ({ message }) => problems.push(message))
    page.setDefaultTimeout(20_000)
    await page.goto(`${served.url}/page/c1`)
    await work(page, served)
    await page.close()
    expect(problems).toEqual([])
  }

  const send = async (page: Page, text: string): Promise<void> => {
    await page.getByLabel('Message').fill(text)
    await page.getByRole('button', { name: 'Send' }).click()
  }
  const answer = (page: Page) => page.getByRole('article', { name: 'assistant' })
  const texts = async (page: Page): Promise<readonly string[]> => await answer(page).locator('.text').allTextContents()
  const status = async (page: Page, wanted: string): Promise<void> => await page.getByRole('status').filter({ hasText: wanted }).waitFor()

  test('shows reasoning, text and tools', async () => {
    await open(async (page) => {
      await send(page, 'look please')
      await answer(page).getByText('Order 7 is here.').waitFor()
      await status(page, 'ready')
      expect(await answer(page).locator('.reasoning').textContent()).toBe('I should look it up.')
      expect(await answer(page).getByLabel('look').textContent()).toBe('output-availableseen')
      expect(await answer(page).getByLabel('nothing').textContent()).toContain("output-errorNot run: there is no tool 'nothing'")
    })
  })

  test.each([true, false])('lets a person decide: %s', async (approved) => {
    await open(async (page, { clerk }) => {
      await send(page, 'pay it')
      await page.getByRole('button', { name: approved ? 'Approve' : 'Deny' }).click()
      await answer(page).getByText('That is settled.').waitFor()
      expect(clerk.paid).toEqual(approved ? [{ amount: 5 }] : [])
      expect(await texts(page)).toEqual(['I will pay.', 'That is settled.'])
      expect(await answer(page).count()).toBe(1)
      expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
    })
  })

  test('is loaded again in mid-answer and shows everything once', async () => {
    await open(async (page, { clerk }) => {
      await send(page, 'slow please')
      await answer(page).getByText('The first half,').waitFor()
      await page.reload()
      await answer(page).getByText('The first half,').waitFor()
      clerk.gate.open()
      await answer(page).getByText('and the second.').waitFor()
      await status(page, 'ready')
      expect(await texts(page)).toEqual(['The first half, and the second.'])
      await page.reload()
      await answer(page).getByText('and the second.').waitFor()
      expect(await page.getByRole('article').allTextContents()).toEqual(['slow please', 'This takes long.The first half, and the second.'])
      expect(clerk.requests).toHaveLength(1)
    })
  })

  test('is loaded again while the run waits, and the person decides then', async () => {
    await open(async (page, { clerk }) => {
      await send(page, 'pay it')
      await page.getByRole('button', { name: 'Approve' }).waitFor()
      await page.reload()
      await page.getByRole('button', { name: 'Approve' }).click()
      await answer(page).getByText('That is settled.').waitFor()
      expect([clerk.paid, await texts(page)]).toEqual([[{ amount: 5 }], ['I will pay.', 'That is settled.']])
    })
  })

  test('stops a run, and the chat continues', async () => {
    await open(async (page) => {
      await send(page, 'slow please')
      await answer(page).getByText('The first half,').waitFor()
      await page.getByRole('button', { name: 'Stop' }).click()
      await status(page, 'ready')
      await send(page, 'And now?')
      await answer(page).getByText('You said: And now?').waitFor()
      expect(await page.getByRole('alert').count()).toBe(0)
    })
  })

  test('shows errors before and after the first byte', async () => {
    await open(async (page) => {
      await send(page, 'break please')
      await page.getByRole('alert').getByText('The run failed').waitFor()
      expect(await texts(page)).toEqual(['Half an ans'])
      await page.reload()
      await send(page, `${'x'.repeat(300_000)}`)
      await page.getByRole('alert').waitFor()
      expect(await page.getByRole('alert').textContent()).not.toContain('The run failed')
    })
  })
})

function withPage(version: Version, server: AgentServer, chat: ChatHandlers): RequestListener {
  const rest = besideEachOther(server, chat)
  return (request, response) => {
    const chatId = /^\/page\/(\w+)$/.exec(request.url ?? '')?.[1]
    if (chatId === undefined) return rest(request, response)
    const url = `http://${request.headers.host}/api/chat/${chatId}`
    void chat.answer(new Request(url), { isLoopback: true }).then(async (history) => {
      const { messages } = (await history.json()) as { messages: unknown }
      response.setHeader('content-type', 'text/html; charset=utf-8').end(pageOf(scripts.get(version) ?? '', { chatId, messages }))
    })
  }
}
