import { mkdtempSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { WrittenTrace } from '../testing/written-trace.ts'
import { readPage } from './page-file.ts'
import { writeReport } from './report.ts'
import { type ServedViewer, serveViewer } from './serve.ts'
import { TraceSource } from './source/trace-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'serve-'))
const hostile = '</script><img src=x onerror=alert(1)><!--<script>\u2028'
const path = join(folder, 'a.trace.jsonl')
writeFileSync(
  path,
  new WrittenTrace()
    .begin(hostile)
    .step(1, hostile)
    .exchange(1, [{ role: 'user', content: hostile }], { reply: hostile })
    .end(hostile)
    .toString(),
)
const source = TraceSource.ofFile(path)

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

function ask(
  url: string,
  { method = 'GET', headers = {} }: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += String(chunk)))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

async function serving(work: (viewer: ServedViewer) => Promise<void>): Promise<void> {
  const viewer = await serveViewer(source, { title: 'a.trace.jsonl' })
  try {
    await work(viewer)
  } finally {
    await viewer.close()
  }
}

test('the page, the runs, the lines and the exchanges are served on the loopback address to those who know the token', () =>
  serving(async ({ url }) => {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/)
    const page = await ask(url)
    expect(page).toMatchObject({ status: 200, text: readPage().html })
    expect(JSON.parse((await ask(`${url}runs`)).text)).toMatchObject({ runs: [{ id: 'run-1' }], setup: { title: 'a.trace.jsonl', follow: false } })
    const lines = await ask(`${url}run?id=run-1`)
    expect(lines.headers['content-type']).toContain('text/event-stream')
    expect(lines.text).toMatch(/^id: 7\n(?:data: \{[^\n]*\}\n){7}\nevent: end\ndata: \n\n$/)
    expect(JSON.parse((await ask(`${url}exchange?id=run-1&number=0`)).text)).toMatchObject({ type: 'exchange', response: { status: 200 } })
    for (const query of ['id=run-1&number=1', 'id=run-1&number=-1', 'id=run-1&number=x', 'id=other&number=0', '']) {
      expect((await ask(`${url}exchange?${query}`)).status).toBe(404)
    }
  }))

test('a wrong token, another host, a page of another origin, and a method that could change something are refused', () =>
  serving(async ({ url }) => {
    const { origin, pathname, host, port } = new URL(url)
    const other = pathname.at(-2) === 'x' ? 'y' : 'x'
    for (const wrong of [
      '/',
      `${pathname.slice(0, -2)}/`,
      `${pathname.slice(0, -2)}${other}/`,
      `${pathname}../`,
      `${pathname}x`,
      `${pathname}runs/more`,
      '//',
    ]) {
      const { status, text } = await ask(`${origin}${wrong}`)
      expect(status).toBe(404)
      expect(text).not.toContain('run-1')
    }
    for (const foreign of ['evil.example', `evil.example:${port}`, `127.0.0.1.nip.io:${port}`, '127.0.0.1'])
      expect((await ask(url, { headers: { host: foreign } })).status).toBe(403)
    for (const own of [host, `localhost:${port}`]) expect((await ask(url, { headers: { host: own } })).status).toBe(200)
    expect((await ask(`${url}runs`, { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' } })).status).toBe(403)
    expect((await ask(url, { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } })).status).toBe(200)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) expect((await ask(`${url}runs`, { method })).status).toBe(405)
    expect(await ask(url, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
  }))

test('only the scripts and styles of the page may run, and nothing may be loaded from elsewhere', () =>
  serving(async ({ url }) => {
    const { headers } = await ask(url)
    const policy = String(headers['content-security-policy'])
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+' 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    )
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' })
    expect(String((await ask(`${url}runs`)).headers['content-security-policy'])).toContain("default-src 'none'")
  }))

test('a browser that lost the connection gets the lines after those that it has', () =>
  serving(async ({ url }) => {
    const dataOf = (text: string): readonly string[] => text.split('\n').filter((line) => line.startsWith('data: {'))
    const all = dataOf((await ask(`${url}run?id=run-1`)).text)
    expect(all).toHaveLength(7)
    const rest = await ask(`${url}run?id=run-1`, { headers: { 'last-event-id': '3' } })
    expect(dataOf(rest.text)).toEqual(all.slice(3))
    expect((await ask(`${url}run?id=run-1`, { headers: { 'last-event-id': '7' } })).text).toBe('event: end\ndata: \n\n')
  }))

test('closing ends a page that follows a run', async () => {
  const viewer = await serveViewer(source, { follow: true })
  const answer = ask(`${viewer.url}run?id=run-1`)
  await expect(Promise.all([answer, new Promise((resolve) => setTimeout(resolve, 50)).then(() => viewer.close())])).rejects.toThrow()
  await expect(ask(viewer.url)).rejects.toThrow()
})

test('a report is one file with everything in it, and no text of a run can leave its element', async () => {
  let html = ''
  const write = (text: string): Promise<void> => {
    html += text
    return Promise.resolve()
  }
  expect(await writeReport(source, write, { title: hostile })).toEqual({ runId: 'run-1', events: 6, exchanges: 1 })
  const page = readPage().html
  expect(html.match(/<\/script/g)?.length).toBe((page.match(/<\/script/g)?.length ?? 0) + 4)
  expect(html).not.toContain('<img')
  expect(html).toContain('<meta http-equiv="content-security-policy" content="default-src')
  const data = [...html.matchAll(/<script type="application\/json" (data-[\w-]+)[^>]*>(.*?)<\/script>/gs)].map(([, name, json = '']) => [
    name,
    json.split('\n').map((line) => JSON.parse(line) as unknown),
  ])
  expect(data.map(([name]) => name)).toEqual(['data-runs', 'data-lines', 'data-exchange', 'data-contents'])
  expect(JSON.stringify(data[1])).toContain(JSON.stringify(hostile))
  expect(/(?:src|href)="(?!data:)/.test(html)).toBe(false)
})

test('a report is of one run, and options that do not exist are refused', async () => {
  const write = (): Promise<void> => Promise.resolve()
  await expect(writeReport(source, write, { run: 'other' })).rejects.toMatchObject({
    code: 'invalid-options',
    message: "There is no run 'other'. The runs are run-1.",
  })
  await expect(writeReport(source, write, { titel: '' } as never)).rejects.toThrow(/title/)
  await expect(serveViewer(source, { folow: true } as never)).rejects.toThrow(/follow/)
})

test('a port that is taken is said in words, with what to do', async () => {
  await serving(async ({ url }) => {
    const port = Number(new URL(url).port)
    await expect(serveViewer(source, { title: 'b', port })).rejects.toThrow(
      `The viewer cannot listen on port ${port} of 127.0.0.1: another program uses it (EADDRINUSE). Choose another port; port 0 takes a free one.`,
    )
  })
})
