import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

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

/** True where no browser is installed: tests in it are skipped. */
export const isBrowserMissing: boolean = executablePath === undefined

export async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: executablePath ?? '', args })
}
