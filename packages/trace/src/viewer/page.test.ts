import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isBrowserMissing, launchBrowser } from '../testing/browser.ts'
import { appendLine, WrittenTrace } from '../testing/written-trace.ts'
import { writeReport } from './report.ts'
import { serveViewer } from './serve.ts'
import { TraceSource } from './source/trace-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'page-'))
const hostile = `</script><!--<script>hacked=1</script>]]><img src=x onerror="hacked=1"><a href="javascript:hacked=1">x</a>\u2028\u001b[31m\u202e\u2066\u200b\u00ad\u0000${'W'.repeat(2_000)}`
let count = 0

function write(trace: WrittenTrace | string): string {
  count += 1
  const path = join(folder, `${count}.trace.jsonl`)
  writeFileSync(path, trace.toString())
  return path
}

/** A run with what the page has views for. */
function oddRun(): WrittenTrace {
  const error = { code: 'rate-limited', message: 'Too many requests.', phase: 'headers', retryable: true }
  const [question, reply] = [
    { role: 'user', content: 'How warm is it?' },
    { role: 'assistant', content: 'looking' },
  ]
  const edit = { kind: 'clear', step: 2, reason: 'cold', results: ['r1.0'], tokensBefore: 900, tokensAfter: 300, rereadTokens: 20 }
  const trace = new WrittenTrace().begin('traveller').event('step-start', { step: 1 }).event('attempt', { step: 1, attempt: 1, model: 'm', reason: 'first' })
  trace.event('step-retry', { step: 1, attempt: 1, delayMs: 300, error }).after(300)
  trace.step(1, '', { get_weather: '{"celsius":102.2}' }).exchange(1, [question], { reply: 'data: {"chunk":1}\n\n' })
  trace
    .event('history-edit', { step: 2, edit })
    .step(2, 'It is 102 °C.')
    .exchange(2, [{ role: 'user', content: 'How cold is it?' }, reply])
  return trace.end('It is 102 °C.')
}

/** Runs in the page: what a hostile text has done to it. */
const problemsOfPage = `(() => {
  const raw = /[\\u0000\\u001b\\u00ad\\u200b\\u2028\\u202e\\u2066]/
  const texts = [...document.querySelectorAll('#app *')].flatMap((element) => [
    ...[...element.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data),
    ...['title', 'aria-label'].map((name) => element.getAttribute(name) ?? ''),
  ])
  const detail = document.querySelector('.detail')
  return [
    typeof hacked === 'undefined' ? '' : 'a script ran',
    document.querySelector('img, a, iframe') === null ? '' : 'markup',
    texts.some((text) => raw.test(text)) ? 'a hidden character' : '',
    document.documentElement.scrollWidth > innerWidth ? 'a wide page' : '',
    detail !== null && detail.scrollWidth > detail.clientWidth + 1 ? 'wide details' : '',
  ].filter((problem) => problem !== '')
})()`

describe.skipIf(isBrowserMissing)('the page in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  }, 60_000)
  afterAll(async () => await browser.close())

  interface Look {
    readonly width?: number
    readonly follow?: boolean
  }

  /** Opens a file in the page, and fails on any error of the page. */
  async function open(path: string, work: (page: Page) => Promise<void>, { width = 1_280, follow = false }: Look = {}): Promise<void> {
    const source = path.endsWith('.jsonl') ? TraceSource.ofFile(path) : TraceSource.ofFolder(path)
    const viewer = await serveViewer(source, { title: 'test', follow })
    await see(viewer.url, work, width)
    await viewer.close()
  }

  async function see(url: string, work: (page: Page) => Promise<void>, width = 1_280): Promise<void> {
    const page = await browser.newPage({ viewport: { width, height: 800 } })
    const problems: string[] = []
    page.on('pageerror', ({ message }) => problems.push(message))
    page.on('console', (message) => void (message.type() === 'error' && problems.push(message.text())))
    page.setDefaultTimeout(20_000)
    await page.goto(url)
    await work(page)
    expect(problems).toEqual([])
    await page.close()
  }

  const rowNames = (page: Page): Promise<readonly string[]> => page.locator('[role=treeitem] .name b').allTextContents()

  test('shows the tree of a run, what stands out, and the details of each row', { timeout: 60_000 }, async () => {
    await open(write(oddRun()), async (page) => {
      await page.getByText('It is 102 °C.').first().waitFor()
      expect(await rowNames(page)).toEqual(['traveller', 'step 1', 'm', 'before the retry', 'm', 'get_weather', 'step 2', 'old results cleared', 'm'])
      expect(await page.locator('.notable-list button').allTextContents()).toHaveLength(3)
      await page.locator('.notable-list button', { hasText: 'rate-limited' }).click()
      await page.locator('.failure', { hasText: 'Too many requests.' }).waitFor()
      await page.locator('[role=treeitem]', { hasText: 'get_weather' }).click()
      expect(await page.locator('.detail-body').textContent()).toContain('"celsius": 102.2')
      await page.locator('[role=treeitem]', { hasText: 'prefix broke' }).click()
      await page.getByRole('tab', { name: 'Messages' }).click()
      expect(await page.locator('.break').textContent()).toContain('message 1 of the 1')
      expect(await page.locator('del').textContent()).toBe('warm')
      expect(await page.locator('ins').textContent()).toBe('cold')
      await page.keyboard.press('3')
      await page.locator('.chunk').first().waitFor()
      await page.getByText('As curl').click()
      expect(await page.locator('.detail-body').textContent()).toContain('--header "Authorization: Bearer $API_KEY"')
    })
  })

  test('keys move, open, filter and search, and a narrow screen shows the details over the list', { timeout: 60_000 }, async () => {
    const look = async (page: Page): Promise<void> => {
      await page.locator('[role=treeitem]').nth(8).waitFor()
      for (const key of ['j', 'ArrowDown', 'k']) await page.keyboard.press(key)
      expect(await page.locator('[aria-selected=true][role=treeitem] .name b').textContent()).toBe('step 1')
      await page.keyboard.press('ArrowLeft')
      expect(await rowNames(page)).toEqual(['traveller', 'step 1', 'step 2', 'old results cleared', 'm'])
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('n')
      expect(await page.locator('.detail-head h2').textContent()).toBe('m')
      expect(await page.locator('.detail').isVisible()).toBe(false)
      await page.keyboard.press('Enter')
      expect(await page.locator('.detail').isVisible()).toBe(true)
      await page.keyboard.press('Escape')
      expect(await page.locator('.detail').isVisible()).toBe(false)
      await page.keyboard.press('p')
      expect(await page.getByText('3 matches').isVisible()).toBe(true)
      await page.keyboard.press('p')
      await page.keyboard.press('/')
      await page.keyboard.type('CELSIUS')
      await page.getByText('1 match').waitFor()
      expect(await rowNames(page)).toEqual(['traveller', 'step 1', 'get_weather'])
      // Nothing reaches over the edge.
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    }
    await open(write(oddRun()), look, { width: 390 })
  })

  /** A trace in which everything that can be a text is hostile. */
  function hostileRun(): WrittenTrace {
    const error = { code: hostile, message: hostile, phase: hostile, retryable: true }
    const edit = { kind: hostile, step: 1, reason: hostile, results: [hostile], tokensBefore: 1, tokensAfter: hostile, rereadTokens: 1 }
    const pending = [{ id: hostile, position: hostile, about: { [hostile]: hostile } }]
    const trace = new WrittenTrace(hostile).begin(hostile).event('step-start', { step: 1 })
    trace.event('attempt', { step: 1, attempt: 1, model: hostile, reason: hostile }).event('step-retry', { step: 1, attempt: 1, delayMs: 300, error })
    trace.step(1, hostile, { [hostile]: hostile }).exchange(1, [{ role: hostile, content: hostile, [hostile]: hostile }], {
      reply: hostile,
      tools: [{ [hostile]: hostile, function: { name: hostile, description: hostile } }],
    })
    Object.assign(trace.lines.at(-1) ?? {}, { error })
    trace.event('warning', { step: 1, warning: { code: hostile, message: hostile } }).event(hostile, { step: 1, [hostile]: hostile })
    const usage = { inputTokens: 1, unknownAttempts: 0 }
    return trace
      .event('history-edit', { step: 1, edit })
      .event('run-end', { status: 'paused', stopReason: hostile, text: hostile, usage, toolCalls: 0, pending })
  }

  test('no text of a run becomes markup, runs, changes how other text looks, or makes the page wider', { timeout: 60_000 }, async () => {
    const look = async (page: Page): Promise<void> => {
      await page.locator('[role=treeitem]').nth(9).waitFor()
      const found: unknown[] = []
      for (const row of Array.from({ length: 10 }, (_, index) => index)) {
        await page.evaluate(`document.querySelectorAll('[role=treeitem]')[${row}].click()`)
        for (const key of ['1', '2', '3', '4']) {
          await page.keyboard.press(key)
          await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
          found.push(await page.evaluate(problemsOfPage))
        }
        await page.keyboard.press('Escape')
      }
      expect(new Set(found.map((each) => JSON.stringify(each)))).toEqual(new Set(['[]']))
    }
    const path = write(hostileRun())
    await open(path, look)
    await open(path, look, { width: 390 })
    const report = join(folder, 'report.html')
    await writeReport(TraceSource.ofFile(path), async (text) => appendFileSync(report, text), { title: hostile })
    await see(`file://${report}`, async (page) => {
      await page.getByText(/^This file holds one run: \d+ events and 1 exchange of HTTP with their bodies, with the contents of all messages/).waitFor()
      await look(page)
    })
  })

  test('a run is shown while it works, and a folder lists its runs', { timeout: 60_000 }, async () => {
    const path = write(new WrittenTrace('live').begin('live'))
    const look = async (page: Page): Promise<void> => {
      await page.locator('.connection.live').waitFor()
      await page.locator('[role=treeitem]', { hasText: 'live' }).waitFor()
      expect(await rowNames(page)).toEqual(['live'])
      appendLine(path, new WrittenTrace('live').event('step-start', { step: 1 }))
      await page.getByText('step 1').waitFor()
    }
    await open(path, look, { follow: true })
    await open(folder, async (page) => {
      await page.getByRole('link', { name: /live/ }).click()
      await page.getByText('step 1').waitFor()
      await page.getByRole('button', { name: 'All runs' }).click()
      await page.getByRole('heading', { name: /runs/ }).waitFor()
    })
  })

  test('of 100,000 events all are counted and found, and only rows that are seen are in the document', { timeout: 120_000 }, async () => {
    const trace = new WrittenTrace().begin()
    for (let step = 1; step <= 16_667; step += 1) trace.step(step, '', { look: `seen ${step}` })
    expect(trace.end('Done.').lines.length).toBeGreaterThan(100_000)
    const path = write(trace)
    const look = async (page: Page): Promise<void> => {
      await page.getByText('Done.').waitFor()
      expect(await page.locator('[role=treeitem]').count()).toBeLessThan(60)
      await page.keyboard.press('End')
      await page.locator('[aria-selected=true]', { hasText: 'look' }).waitFor()
      expect(await page.locator('[role=treeitem] .name b').last().textContent()).toBe('look')
      const search = page.getByRole('searchbox')
      await search.fill('look')
      // Each call has a row, and so has the request that asked for it.
      await page.getByText('33,334 matches').waitFor()
      await search.fill('SEEN 1777')
      await page.getByText('1 match', { exact: true }).waitFor()
      expect(await rowNames(page)).toEqual(['agent', 'step 1777', 'look'])
    }
    await open(path, look)
    const report = join(folder, 'long.html')
    await writeReport(TraceSource.ofFile(path), async (text) => appendFileSync(report, text))
    await see(`file://${report}`, look)
  })

  test('a file without events, and one that is cut, say so', { timeout: 60_000 }, async () => {
    await open(write(new WrittenTrace()), async (page) => await page.getByText('This file holds no events.').waitFor())
    await open(write(`${new WrittenTrace().begin('cut run')}{"type":"eve`), async (page) => {
      await page.getByText(/The last line of .* is cut/).waitFor()
      await page.getByText('The record ends before the run did.').waitFor()
    })
  })
})
