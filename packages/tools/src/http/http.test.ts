import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callTool, makeCall } from '../testing/call.ts'
import { use } from '../testing/file-root.ts'
import { type HttpHost, startHttpHost } from '../testing/http-host.ts'
import { type HttpOptions, http, httpSend } from './index.ts'

let host: HttpHost

const bodies: Readonly<Record<string, readonly [type: string, body: string | Buffer]>> = {
  '/page': [
    'text/html; charset=utf-8',
    '<title>T</title><h1>Pump</h1><p>See <a href="../manual?x=1">the <b>manual</b></a>.</p><script>evil()</script><ul><li>one<li>two</ul>',
  ],
  '/json': ['application/json', '{"n":12345678901234567890,"t":"ä"}'],
  '/broken-json': ['application/problem+json', '{"n":'],
  '/latin1': ['text/plain; charset=ISO-8859-1', Buffer.from('Gr\xfc\xdfe', 'latin1')],
  '/shift-jis': ['text/html', Buffer.concat([Buffer.from('<meta charset="Shift_JIS"><p>'), Buffer.from([0x93, 0xfa, 0x96, 0x7b])])],
  '/bom': ['text/plain; charset=iso-8859-1', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('hi', 'utf16le')])],
  '/undeclared': ['text/plain', Buffer.from('caf\xe9', 'latin1')],
  '/utf-7': ['text/plain; charset=utf-7', '+ADw-b+AD4-'],
  '/pdf': ['application/pdf', '%PDF-1.7'],
  '/pdf-as-text': ['text/plain', '%PDF-1.7'],
  '/nul': ['text/plain', 'a\0b'],
  '/empty': ['text/plain', ''],
}

beforeAll(async () => {
  host = await startHttpHost((request, response) => {
    const path = request.url ?? ''
    const found = bodies[path]
    if (path === '/gzip') response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(gzipSync('zipped'))
    else if (path === '/old') response.writeHead(301, { location: '/older' }).end()
    else if (path === '/older') response.writeHead(302, { location: `${host.url}/page` }).end()
    else if (found !== undefined) response.writeHead(200, { 'content-type': found[0] }).end(found[1])
    else response.writeHead(404, { 'content-type': 'text/plain', 'set-cookie': 'id=1' }).end('no such page')
  })
})

afterAll(() => host.close())

const tool = (options: Partial<HttpOptions> = {}) => http({ hosts: [], privateHosts: [`127.0.0.1:${host.port}`], ...options })
const fetched = (path: string, options?: Partial<HttpOptions>) => use(tool(options), { url: `${host.url}${path}` })

test('a page becomes Markdown, with complete links and without scripts', async () => {
  const shown = markdown()
  expect(await fetched('/page')).toBe(
    `GET ${host.url}/page\nstatus: 200 OK\ncontent-type: text/html; charset=utf-8\ncontent, ${shown.length} characters, HTML as Markdown:\n\n${shown}`,
  )
})

const markdown = (): string => `T\n\n# Pump\n\nSee [the **manual**](${host.url}/manual?x=1).\n\n- one\n- two`

test("html: 'source' shows the page as it is", async () => {
  expect(await fetched('/page', { html: 'source' })).toContain('characters, HTML:\n\n<title>T</title><h1>Pump</h1>')
})

test('JSON is shown with the digits of the server', async () => {
  expect(await fetched('/json')).toContain('content, 34 characters, JSON:\n\n{"n":12345678901234567890,"t":"ä"}')
  expect(await fetched('/broken-json')).toContain('content, 5 characters, JSON that is not valid:\n\n{"n":')
})

test.each([
  ['/latin1', 'Grüße'],
  ['/shift-jis', '日本'],
  ['/bom', 'hi'],
  ['/undeclared', 'café'],
  ['/utf-7', '+ADw-b+AD4-'],
  ['/gzip', 'zipped'],
])('%s is decoded as the response says', async (path, text) => {
  expect((await fetched(path)).split('\n\n')[1]).toBe(text)
})

test.each(['/pdf', '/pdf-as-text', '/nul'])('%s is not shown', async (path) => {
  const text = await fetched(path)
  expect(text).toMatch(/note: the body (?:was not read, because this type is not text|is not shown, because it is not text)/)
  expect(text).not.toContain('content,')
})

test('an error of the server is a result with its status', async () => {
  expect(await fetched('/missing')).toBe(
    `GET ${host.url}/missing\nstatus: 404 Not Found\ncontent-type: text/plain\ncontent, 12 characters, text:\n\nno such page`,
  )
  expect(await fetched('/empty')).toMatch(/\ncontent: empty$/)
})

test('HEAD shows headers only', async () => {
  expect(await use(tool(), { url: `${host.url}/json`, method: 'HEAD' })).toBe(`HEAD ${host.url}/json\nstatus: 200 OK\ncontent-type: application/json`)
})

test('redirects are followed and named', async () => {
  expect(await fetched('/old')).toContain(`GET ${host.url}/page\nstatus: 200 OK\nredirected from: ${host.url}/old\nredirected from: ${host.url}/older\n`)
})

test('the request has headers of the owner for this host, and neither cookies nor the environment', async () => {
  await fetched('/missing', {
    userAgent: 'acme/1 (ops@acme.example)',
    headers: { [`127.0.0.1:${host.port}`]: { Authorization: 'Bearer k' }, 'other.example': { 'x-other': '1' } },
  })
  const headers = host.requests.at(-1)?.headers
  expect(headers).toMatchObject({ host: `127.0.0.1:${host.port}`, 'user-agent': 'acme/1 (ops@acme.example)', authorization: 'Bearer k' })
  expect([headers?.['x-other'], headers?.cookie]).toEqual([undefined, undefined])
})

test('http_send sends a body and its key, asks by default, and shows redirects instead of following them', async () => {
  const options = { hosts: [], privateHosts: [`127.0.0.1:${host.port}`], methods: ['POST'] } as const
  const send = httpSend(options)
  expect([send.needsApproval, send.effect, httpSend({ ...options, needsApproval: false }).needsApproval]).toEqual([true, 'once', false])
  const { text } = await callTool(send, { url: `${host.url}/old`, method: 'POST', body: '{"a":1}' }, makeCall({ idempotencyKey: 'key-1' }))
  expect(text).toContain(`POST ${host.url}/old\nstatus: 301 Moved Permanently\nlocation: /older`)
  expect(host.requests.at(-1)).toMatchObject({ method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json', 'idempotency-key': 'key-1' } })
  expect(await use(send, { url: `${host.url}/old`, method: 'DELETE' })).toContain('invalid-input')
  expect(await use(send, { url: `${host.url}/old`, method: 'POST', content_type: 'a/b\r\nx: y' })).toContain('invalid-input')
})

test('the tools declare what flows through them, and listed hosts are allowed destinations', () => {
  const targetsOf = (options: HttpOptions, url: string) => http(options).targets?.({ url } as never)
  expect(http({ hosts: 'public' })).toMatchObject({ returns: 'untrusted', reaches: ['external'], effect: 'read', needsApproval: false })
  expect(targetsOf({ hosts: 'public' }, 'https://Example.org./a')).toEqual(['example.org'])
  expect(targetsOf({ hosts: ['*.example.org'] }, 'https://a.example.org/')).toEqual([{ target: 'a.example.org', allowed: true }])
  expect(targetsOf({ hosts: ['example.org:8443'] }, 'https://example.org:8443/')).toEqual([{ target: 'example.org:8443', allowed: true }])
  const own = http({ hosts: 'public', returns: [], reaches: [] })
  expect([own.returns, own.reaches, own.targets]).toEqual([undefined, undefined, undefined])
})
