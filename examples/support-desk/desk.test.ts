import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DeskProcess } from './testing/desk-process.ts'

let desk: DeskProcess
beforeAll(async () => {
  desk = await DeskProcess.start({ DESK_CHUNK_MS: '0', DESK_BANK_MS: '0' })
})
afterAll(async () => await desk.kill('SIGTERM'))

describe('who may what', () => {
  test('nobody gets anything but the page without a login, or with a cookie that was changed', async () => {
    const cookie = await desk.signIn('mia')
    const [, until, signature] = cookie.split('.')
    for (const wrong of ['', 'desk=', `desk=sam.${until}.${signature}`, `desk=mia.${Number(until) + 1}.${signature}`, `${cookie}x`]) {
      const statuses = await Promise.all(['/api/runs', '/api/questions', '/staff/runs'].map(async (path) => (await desk.get(path, wrong)).status))
      expect(statuses, wrong).toEqual([401, 401, 401])
    }
    expect((await desk.get('/api/runs', cookie)).status).toBe(200)
  })

  test('for a customer there are no runs of others, no traces and no staff', async () => {
    const [mia, noor, sam] = await Promise.all(['mia', 'noor', 'sam'].map((id) => desk.signIn(id)))
    const { runId } = await start(mia, 'Where is A-1002?')
    await fetchEvents(runId, mia)
    for (const path of [`/api/runs/${runId}`, `/api/runs/${runId}/events`, `/staff/traces/${runId}`, '/staff/runs']) {
      expect((await desk.get(path, noor)).status, path).toBe(404)
    }
    expect((await desk.get(`/staff/traces/${runId}`, mia)).status).toBe(404)
    const trace = await desk.get(`/staff/traces/${runId}`, sam)
    expect(await trace.text()).toContain('"toolName":"lookup_order"')
    expect(trace.headers.get('content-security-policy')).toContain('sandbox')
    expect(await (await desk.get('/staff/runs', sam)).json()).toContainEqual(expect.objectContaining({ runId, customer: 'Mia Winter', hasTrace: true }))
  })

  test('the tools look at the orders of whoever is logged in, whatever is asked', async () => {
    const noor = await desk.signIn('noor')
    const { runId } = await start(noor, 'Where is order A-1001?')
    expect(await fetchEvents(runId, noor)).toContain('The customer has no order A-1001.')
  })

  test('a customer may not answer a question about an own run', async () => {
    const mia = await desk.signIn('mia')
    const { runId } = await start(mia, 'The milk jug of A-1001 is broken, refund 49.90 EUR please.')
    const question = await questionOf(runId, mia)
    const answers = { [question]: { approve: true } }
    const own = await post(`/api/runs/${runId}/decisions`, { answers }, mia)
    expect(own.status).toBe(403)
    const other = await post(`/api/runs/${runId}/decisions`, { answers }, await desk.signIn('noor'))
    expect(other.status).toBe(404)
  })
})

describe('the page', () => {
  test('has a policy that allows no scripts but its own', async () => {
    const policy = (await desk.get('/')).headers.get('content-security-policy')
    expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'sha256-[\w+/]{43}='; /)
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).not.toContain('unsafe')
  })

  test.each(['/../main.js', '/page/../../login.js', '/page/%2e%2e/login.js', '/page//etc/passwd', '/page/.tsbuildinfo', '/server/package.json', '/cookie.key'])(
    'has no file at %s',
    async (path) => {
      // `fetch` would tidy the path up.
      const status = await new Promise((resolve) => request(new URL(desk.url), { path }, (response) => resolve(response.resume().statusCode)).end())
      expect(status).toBe(404)
    },
  )

  test('a page of another site can neither sign in nor send anything', async () => {
    const simple = await fetch(`${desk.url}/login`, { method: 'POST', body: '{"id":"sam"}' })
    expect([simple.status, simple.headers.getSetCookie()]).toEqual([415, []])
    const login = { method: 'POST', headers: { 'content-type': 'application/json' } }
    const large = await fetch(`${desk.url}/login`, { ...login, body: JSON.stringify({ id: 'sam', more: 'x'.repeat(10_000) }) })
    const endless = await fetch(`${desk.url}/login`, { ...login, body: new Blob(['{"id":"sam"}']).stream(), duplex: 'half' } as RequestInit)
    expect([large.status, endless.status]).toEqual([413, 413])
    const headers = { 'content-type': 'application/json', origin: 'https://evil.example', cookie: await desk.signIn('mia') }
    const foreign = await fetch(`${desk.url}/api/runs`, { method: 'POST', headers, body: '{"input":"hello"}' })
    expect(foreign.status).toBe(403)
  })
})

async function post(path: string, body: object, cookie = ''): Promise<Response> {
  return await fetch(`${desk.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', cookie }, body: JSON.stringify(body) })
}

async function start(cookie: string | undefined, input: string): Promise<{ readonly runId: string }> {
  return (await post('/api/runs', { input }, cookie)).json() as Promise<{ readonly runId: string }>
}

/** All events of a run that ends. */
async function fetchEvents(runId: string, cookie: string | undefined): Promise<string> {
  return await (await desk.get(`/api/runs/${runId}/events`, cookie)).text()
}

async function questionOf(runId: string, cookie: string): Promise<string> {
  for (;;) {
    const run = (await (await desk.get(`/api/runs/${runId}`, cookie)).json()) as { readonly questions: readonly { readonly id: string }[] }
    if (run.questions[0] !== undefined) return run.questions[0].id
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
