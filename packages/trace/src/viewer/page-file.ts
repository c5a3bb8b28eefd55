import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

/** The page, and the policy under which a browser may show it. */
export interface ViewerPage {
  readonly html: string
  /** The value of the header `content-security-policy`. */
  readonly policy: string
}

let page: ViewerPage | undefined

/** Reads the page that `scripts/build-viewer.mjs` built. */
export function readPage(): ViewerPage {
  // The file is two folders up in the workspace and in the published package.
  page ??= withPolicy(readFileSync(new URL('../../viewer/page.html', import.meta.url), 'utf8'))
  return page
}

/** Only the scripts and styles of the page itself may run, and it may only talk to its own server. */
function withPolicy(html: string): ViewerPage {
  const part = (pattern: RegExp): string => pattern.exec(html)?.[1] ?? ''
  const packed = inflateRawSync(Buffer.from(part(/id="packed">([^<]*)</), 'base64'))
  const scripts = [hashOf(part(/<script type="module">([\s\S]*?)<\/script>/)), hashOf(packed)]
  const styles = hashOf(part(/<style>([\s\S]*?)<\/style>/))
  const rules = [
    "default-src 'none'",
    `script-src ${scripts.join(' ')}`,
    `style-src ${styles}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ]
  return { html, policy: [...rules, "frame-ancestors 'none'"].join('; ') }
}

function hashOf(text: string | Buffer): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
