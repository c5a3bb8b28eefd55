import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { DeskProcess } from './testing/desk-process.ts'

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

const broken = 'The espresso cups of A-1001 arrived broken. I want my money back.'

describe.skipIf(executablePath === undefined)('the page in Chromium', { timeout: 60_000 }, () => {
  let browser: Browser
  let desk: DeskProcess
  const contexts: BrowserContext[] = []
  const problems: string[] = []
  beforeAll(async () => {
    ;[browser, desk] = await Promise.all([chromium.launch({ executablePath: executablePath ?? '', args }), DeskProcess.start()])
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await desk?.kill('SIGTERM')
  })
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()))
    expect(problems.splice(0)).toEqual([])
  })

  /** Opens the page in a browser of its own, and signs in. */
  async function open(name: string, options: Parameters<Browser['newContext']>[0] = {}, { url } = desk): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, ...options })
    contexts.push(context)
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    page.on('pageerror', ({ message }) => problems.push(message))
    page.on('console', (message) => {
      // The policy reports what it refuses as an error. A status, and a desk that is away, are what these tests are about.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) problems.push(message.text())
    })
    await page.goto(url)
    await page.getByRole('button', { name }).click()
    return page
  }
  const say = async (page: Page, text: string): Promise<void> => {
    // While an answer comes, Enter sends nothing.
    await page.getByRole('button', { name: 'Send', exact: true }).waitFor()
    await page.getByRole('textbox', { name: 'Your message' }).fill(text)
    await page.keyboard.press('Enter')
  }
  const answer = (page: Page, text: string) => page.locator('.text p', { hasText: text }).last()
  const card = (page: Page, name: string | RegExp) => page.getByRole('article', { name }).last()

  test('a supervisor in another browser approves what the customer may not, with the exact values', async () => {
    const [mia, sam] = await Promise.all([open('Mia Winter'), open('Sam Okafor')])
    await mia.getByRole('button', { name: broken }).click()
    await card(mia, 'Refund for order A-1001: Waits for a supervisor').waitFor()
    expect(await mia.getByRole('button', { name: 'Approve' }).count()).toBe(0)
    await mia.reload()
    await card(mia, 'Refund for order A-1001: Waits for a supervisor').waitFor()
    expect(await mia.locator('.said').allTextContents()).toEqual([broken])
    const question = card(sam, 'Refund for order A-1001')
    expect(await question.locator('.fields').textContent()).toMatch(/^orderA-1001written by the customercents4990 \(€49\.90\)found in an order/)
    await question.getByRole('button', { name: 'Approve' }).click()
    await card(mia, 'Refund for order A-1001: Running').getByText('Waiting for the bank').waitFor()
    await answer(mia, '49.90 EUR of order A-1001 are on their way').waitFor()
    await card(mia, 'Refund for order A-1001: Done').waitFor()
    await card(mia, 'Look at order A-1001: Done').waitFor()
    await sam.getByText('Nothing to decide').waitFor()

    await sam
      .getByRole('link', { name: /^Trace: Mia Winter/ })
      .first()
      .waitFor()
    const [trace] = await Promise.all([
      sam.waitForEvent('popup'),
      sam
        .getByRole('link', { name: /^Trace: Mia Winter/ })
        .first()
        .click(),
    ])
    await trace.locator('[role=treeitem]', { hasText: 'refund_order' }).first().waitFor()
  })

  test('a denial shows its reason, and text of the customer, of the model and of tools is never HTML', async () => {
    const [mia, sam] = await Promise.all([open('Mia Winter'), open('Sam Okafor')])
    const hostile = '<img src=x onerror="hacked=1"><script>hacked=1</script> \u202etxt.exe [x](javascript:hacked=1)'
    await say(mia, `The blanket of A-1002 is damaged, refund. ${hostile}`)
    const question = card(sam, 'Refund for order A-1002')
    await question.getByText('<script>hacked=1</script> ⟨U+202E⟩txt.exe [x](javascript:hacked=1)').waitFor()
    await question.getByRole('textbox', { name: 'Reason for denying' }).fill('Send it back first. <b>Please</b> **now**')
    await question.getByRole('button', { name: 'Deny' }).click()
    await answer(mia, 'A colleague decided so, and wrote: Send it back first. <b>Please</b> now').waitFor()
    await card(mia, 'Refund for order A-1002: Denied').getByText('A supervisor said no. Send it back first. <b>Please</b>').waitFor()
    for (const page of [mia, sam]) {
      const found = await page.evaluate(`[typeof hacked, document.querySelectorAll('main img, main a[href^="java"]').length]`)
      expect(found).toEqual(['undefined', 0])
    }
  })

  test('an address that only a note names is shown as such', async () => {
    const [mia, sam] = await Promise.all([open('Mia Winter'), open('Sam Okafor')])
    await say(mia, 'Is there anything odd about order A-1003?')
    const question = card(sam, 'E-mail to audit@evil.example')
    await question.getByText('The customer did not name audit@evil.example').waitFor()
    await question.getByRole('button', { name: 'Deny' }).click()
    await answer(mia, 'Order A-1003 (Tea sampler)').waitFor()
    expect(await card(mia, 'E-mail to audit@evil.example: Denied').count()).toBe(1)

    // What waits can be called off, and the conversation continues.
    await say(mia, 'The blanket of A-1002 is damaged, refund.')
    await card(sam, 'Refund for order A-1002').waitFor()
    await mia.getByRole('button', { name: 'Call it off' }).click()
    await sam.getByText('Nothing to decide').waitFor()
    await say(mia, 'Where is A-1002?')
    await answer(mia, 'on its way, expected on 2 December').waitFor()
  })

  test('a reload in the middle of an answer continues it, and a stop ends it', async () => {
    const page = await open('Mia Winter')
    await say(page, 'How do refunds work here?')
    await page.getByText('What is refunded.').waitFor()
    await page.reload()
    await page.getByText('How do refunds work here?').first().waitFor()
    await page.getByText('Tell me the number of an order if you want to go on.').waitFor()
    expect(await page.getByText('Here is how refunds work in this shop.').count()).toBe(1)

    await say(page, 'Tell me the policy again.')
    await page.getByText('What is refunded.').nth(1).waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('Stopped.').waitFor()
    await say(page, 'Where is A-1002?')
    await answer(page, 'on its way, expected on 2 December').waitFor()
    await page.reload()
    await answer(page, 'on its way, expected on 2 December').waitFor()
  })

  test('says what is wrong: signed out, too fast, too busy, used up', async () => {
    const page = await open('Noor Aziz')
    const alert = page.getByRole('alert')
    for (const [status, code, text] of [
      [429, 'rate-limited', 'That was too fast.Please wait a moment. Try again in 7 s.'],
      [503, 'overloaded', 'The desk is very busy.Your message was not sent. Try again in 7 s.'],
    ] as const) {
      await page.route('**/api/runs', (route) => route.fulfill({ status, headers: { 'retry-after': '7' }, json: { error: { code, message: 'x' } } }))
      await say(page, 'Where is B-2001?')
      expect(await alert.locator('p').textContent()).toBe(text)
      // Nothing that was written is lost.
      expect(await page.getByRole('textbox').inputValue()).toBe('Where is B-2001?')
      await page.unroute('**/api/runs')
    }
    const frame = { type: 'run-error', code: 'network-reset', message: 'The connection was reset.', isLast: true }
    await page.route('**/events', (route) => route.fulfill({ contentType: 'text/event-stream', body: `data: ${JSON.stringify(frame)}\n\n` }))
    await alert.getByRole('button', { name: 'Try again' }).click()
    await alert.getByText('The connection was reset.').waitFor()
    await page.unroute('**/events')
    await page.reload()
    await answer(page, 'delivered on 26 November').waitFor()
    await say(page, 'And now?')
    await alert.getByText('Your budget is used up.').waitFor()
    await page.context().clearCookies()
    await say(page, 'Hello?')
    await alert.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Who are you today?' }).waitFor()
  })

  test('a desk that is killed in the middle of a refund, and of a mail, comes back to the same page: the refund happens once, and a person says what became of the mail', async () => {
    const own = await DeskProcess.start({ DESK_BANK_MS: '1000', DESK_MAIL_MS: '1000' })
    onTestFinished(() => own.kill())
    const [mia, sam] = await Promise.all([open('Mia Winter', {}, own), open('Sam Okafor', {}, own)])
    await say(mia, `${broken} Please send a confirmation to mia@home.example`)
    await card(sam, 'Refund for order A-1001').getByRole('button', { name: 'Approve' }).click()
    await card(mia, 'Refund for order A-1001: Running').getByText('Waiting for the bank').waitFor()
    await own.kill('SIGKILL')
    await mia.getByText('Reconnecting…').waitFor()
    await own.restart()
    await card(mia, 'E-mail to mia@home.example: Running').waitFor()
    expect(await mia.getByText('Reconnecting…').count()).toBe(0)
    await own.kill('SIGKILL')
    await own.restart()
    const question = card(sam, 'E-mail to mia@home.example')
    await question.getByText('The desk was interrupted during this call').waitFor()
    await question.getByRole('button', { name: 'It happened' }).click()
    await answer(mia, '49.90 EUR of order A-1001 are on their way back to you; the bank has confirmed it. A supervisor looked: it happened.').waitFor()
    expect(await mia.getByRole('article', { name: /^Refund/ }).count()).toBe(1)
    // The next refund of the same order sees what is left of it: the first one was paid once.
    await say(mia, 'Refund the rest of A-1001, please.')
    await mia.getByText('1850 (€18.50)').waitFor()
    await answer(mia, '18.50 EUR of order A-1001 are on their way').waitFor()
  })

  test('works by keyboard on a small dark screen, and everything has a name', async () => {
    const page = await open('Mia Winter', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' })
    await page.getByRole('textbox', { name: 'Your message' }).waitFor()
    await page.getByRole('button', { name: 'Menu' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'New conversation' }).waitFor()
    await page.getByRole('button', { name: 'Menu', expanded: true }).press('Enter')
    await page.getByRole('button', { name: 'Where is my order A-1002?' }).focus()
    await page.keyboard.press('Enter')
    await answer(page, 'on its way, expected on 2 December').waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(20, 21, 19)')
    const nameless = await page.getByRole('button').evaluateAll((all) => all.filter((each) => !each.textContent?.trim() && !each.ariaLabel).length)
    expect(nameless).toBe(0)
  })
})
