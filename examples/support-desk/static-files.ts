import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('../../support-desk/page/', import.meta.url))
const compiled = fileURLToPath(new URL('./page/', import.meta.url))
const server = dirname(fileURLToPath(import.meta.resolve('@capstan/server/client')))

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

// The scripts of the page are modules, one file each, and this tells the browser where those of the package are. A bundler makes it unnecessary.
const imports = JSON.stringify({ imports: { '@capstan/server/client': '/server/client.js', '@capstan/server/view': '/server/view.js' } })
const hash = createHash('sha256').update(imports).digest('base64')

const policy = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${hash}'`,
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // The page makes elements, never HTML, so the browser may refuse all HTML.
  "require-trusted-types-for 'script'",
].join('; ')

/** What every answer of the desk has. */
export const safeHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
}

/** The files of the page by their address. They are listed once, so no path of a request ever reaches the file system. */
const files: ReadonlyMap<string, string> = new Map([
  ['/', join(source, 'index.html')],
  ...['base.css', 'start.css', 'shell.css', 'chat.css', 'run.css', 'staff.css', 'icon.svg'].map((name) => [`/${name}`, join(source, name)] as const),
  ...scriptsOf(compiled).map((name) => [`/page/${name}`, join(compiled, name)] as const),
  ...scriptsOf(server).map((name) => [`/server/${name}`, join(server, name)] as const),
])

function scriptsOf(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.js'))
}

/** A file of the page; `undefined` for an address that has none. */
export function staticFile(path: string): Response | undefined {
  const file = files.get(path)
  if (file === undefined) return undefined
  const text = readFileSync(file, 'utf8')
  const body = path === '/' ? text.replace('<!-- imports -->', () => `<script type="importmap">${imports}</script>`) : text
  return new Response(body, { headers: { ...safeHeaders, 'content-type': types[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream' } })
}
