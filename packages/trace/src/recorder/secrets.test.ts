import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { Agent } from '@capstan/core'
import { jsonSchema, tool } from '@capstan/tools'
import { expect, test, vi } from 'vitest'
import { replyStream, sendStream, startProvider } from '../testing/provider.ts'
import { bodyOf, eventsOf, exchangesOf, modelAt, newFolder, testKey, textIn, traceIn } from '../testing/traces.ts'
import { traceTo } from './trace-to.ts'

// Real servers take seconds where many tests run at once.
vi.setConfig({ testTimeout: 30_000 })

const signature = 'ab12'.repeat(16)
const forms: readonly string[] = [
  testKey,
  testKey.toUpperCase(),
  encodeURIComponent(testKey),
  Buffer.from(testKey).toString('hex'),
  Buffer.from(testKey).toString('base64'),
]

/** Fails when a secret is in the files of a folder, also behind base64 and escapes. */
async function expectNoSecret(folder: string, secrets: readonly string[] = forms): Promise<void> {
  const lines = await traceIn(folder)
  const bodies = exchangesOf(lines).map((exchange) => bodyOf(exchange).toString('latin1'))
  const texts = [textIn(folder), ...bodies, ...lines.map((line) => JSON.stringify(line))]
  for (const text of texts) for (const secret of secrets) expect(text.toLowerCase()).not.toContain(secret.toLowerCase())
}

test.each(forms)('a key that an error echoes is not recorded, wherever the body is cut: %s', async (form) => {
  const body = JSON.stringify({ error: { message: `Incorrect API key provided: ${form}. You can find it there.` } })
  const at = body.indexOf(form)
  await using provider = await startProvider(async (response) => {
    response.writeHead(401, { 'content-type': 'application/json' })
    for (const piece of [body.slice(0, at + 1), body.slice(at + 1, at + 7), body.slice(at + 7)]) {
      await new Promise<void>((resolve) => void response.write(piece, () => resolve()))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    response.end()
  })
  const folder = newFolder()
  await expect(new Agent({ model: modelAt(provider.baseURL), trace: traceTo(folder) }).generate('go')).rejects.toMatchObject({ code: 'auth-failed' })
  const [exchange] = exchangesOf(await traceIn(folder))
  if (exchange === undefined) throw new Error('There is no exchange.')
  expect(bodyOf(exchange).toString()).toContain('[redacted]')
  expect(bodyOf(exchange).toString()).toMatch(/^\{"error":\{"message":"Incorrect API key provided: .*You can find it there\."\}\}$/)
  expect(exchange.chunks.length).toBeGreaterThan(1)
  await expectNoSecret(folder, [form])
})

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
] as const)('a key in a body that is compressed by %s is not recorded', async (encoding, compress) => {
  await using provider = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': encoding })
    response.end(compress(replyStream({ texts: ['Your key is ', testKey, '.'] })))
  })
  const folder = newFolder()
  const result = await new Agent({ model: modelAt(provider.baseURL), trace: traceTo(folder) }).generate('go')
  expect(result.text).toContain(testKey)
  const lines = await traceIn(folder)
  expect(exchangesOf(lines).map((exchange) => bodyOf(exchange).toString())).toEqual([replyStream({ texts: ['Your key is ', '[redacted]', '.'] })])
  expect(exchangesOf(lines)[0]?.response?.headers['content-encoding']).toBe('identity')
  expect(eventsOf(lines).at(-1)).toMatchObject({ text: 'Your key is [redacted].' })
  await expectNoSecret(folder)
})

test('a key that is written as escapes of JSON is not recorded', async () => {
  const escaped = [...testKey].map((character) => `\\u00${character.charCodeAt(0).toString(16)}`).join('')
  await using provider = await startProvider((response) => {
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end(`{"error":{"message":"Bad key ${escaped}"}}`)
  })
  const folder = newFolder()
  await expect(new Agent({ model: modelAt(provider.baseURL), trace: traceTo(folder) }).generate('go')).rejects.toThrow()
  await expectNoSecret(folder, [...forms, escaped])
})

/** The texts of a stream, joined. */
function saidIn(body: string): string {
  return [...body.matchAll(/"content":"([^"]*)"/g)].map(([, text]) => text).join('')
}

test.each(forms)('a key that a model says in small pieces can be put together from neither events nor bodies: %s', async (form) => {
  const texts = ['The key: ', ...(form.match(/.{1,5}/g) ?? []), ', and', ' again ', ...(form.match(/.{1,3}/g) ?? []), '. Done.']
  await using provider = await startProvider((response) => sendStream(response, [replyStream({ texts })]))
  const folder = newFolder()
  const { text } = await new Agent({ model: modelAt(provider.baseURL), trace: traceTo(folder) }).generate('go')
  expect(text).toContain(form)
  const lines = await traceIn(folder)
  expect(eventsOf(lines).find(({ type }) => type === 'text-delta')).toMatchObject({ delta: 'The key: [redacted], and again [redacted]. Done.' })
  const [exchange] = exchangesOf(lines)
  const body = exchange === undefined ? '' : bodyOf(exchange).toString()
  expect(saidIn(body)).toBe('The key: [redacted], and again [redacted]. Done.')
  // Every event of the stream is still there.
  expect(body.split('\n\n')).toHaveLength(replyStream({ texts }).split('\n\n').length)
  expect(exchange?.chunks).toHaveLength(1)
})

test('a key, or the signature of a state, is not cut where a long text is written in spans', async () => {
  const secrets = [testKey, `{"signature": "${signature}"}`, `{\\"signature\\":\\"${signature}\\"}`]
  for (const secret of secrets) {
    for (const inside of [1, 14, 25, 40]) {
      const [before, after] = [secret.slice(0, inside), secret.slice(inside)]
      // The first span is full in the middle of the secret.
      const texts = [`${'word '.repeat(13_108)}${before}`, after, ' is it.']
      await using provider = await startProvider((response) => sendStream(response, [replyStream({ texts })]))
      const folder = newFolder()
      await new Agent({ model: modelAt(provider.baseURL), trace: traceTo(folder) }).generate('go')
      const spans = eventsOf(await traceIn(folder)).flatMap((event) => (event.type === 'text-delta' ? [event.delta] : []))
      expect(spans.length).toBeGreaterThan(1)
      expect(spans.join('')).toBe(`${'word '.repeat(13_108)}${secret.replace(/canary-\w+|[0-9a-f]{64}/, '[redacted]')} is it.`)
    }
  }
})

test('credentials in headers and queries are not recorded, nor cookies, whoever sent them', async () => {
  await using provider = await startProvider((response) =>
    sendStream(response, [replyStream({ texts: ['ok'] })], {
      'set-cookie': 'session=cookie-secret-1',
      'x-auth-token': 'header-secret-2',
      'x-unheard-of': 'header-secret-3',
      location: '/next?token=header-secret-4',
      'x-request-id': `id-${testKey}`,
      'x-ratelimit-remaining-tokens': '77',
    }),
  )
  const folder = newFolder()
  const headers = { cookie: 'c=cookie-secret-5', 'x-vault': 'vault-secret-6', 'x-team': 'blue' }
  const baseURL = `${provider.baseURL}?api-key=query-secret-7&code=query-secret-8-of-an-unusual-name&api-version=2024`
  await new Agent({ model: modelAt(baseURL, { headers }), trace: traceTo(folder) }).generate('go')
  const [exchange] = exchangesOf(await traceIn(folder))
  expect(exchange?.request.url).toBe(`${provider.baseURL}/chat/completions?api-key=%5Bredacted%5D&code=%5Bredacted%5D&api-version=2024`)
  expect(exchange?.request.headers).toMatchObject({ 'x-team': 'blue', 'x-vault': '[redacted]' })
  expect(exchange?.response?.headers).toMatchObject({
    'set-cookie': '[redacted]',
    'x-unheard-of': '[redacted]',
    'x-request-id': 'id-[redacted]',
    'x-ratelimit-remaining-tokens': '77',
  })
  await expectNoSecret(folder, [...forms, 'cookie-secret', 'header-secret', 'vault-secret', 'query-secret'])
})

test('signatures of states are not recorded, in arguments, results and bodies', async () => {
  await using provider = await startProvider((response, _request, index) =>
    sendStream(response, [replyStream(index === 0 ? { call: { name: 'load', input: { state: JSON.stringify({ signature }) } } } : { texts: ['ok'] })]),
  )
  const folder = newFolder()
  const load = tool({
    name: 'load',
    description: 'Loads.',
    inputSchema: jsonSchema({ type: 'object' }),
    execute: () => ({ version: 2, runId: 'r', records: [], signature, inText: JSON.stringify({ signature }) }),
  })
  await new Agent({ model: modelAt(provider.baseURL), tools: [load], trace: traceTo(folder) }).generate('go')
  expect(provider.requests[1]?.text).toContain(signature)
  await expectNoSecret(folder, [signature])
  expect(textIn(folder)).toContain('[redacted]')
})

test('redact replaces contents in events and bodies, and what it fails at is not recorded at all', async () => {
  await using provider = await startProvider((response, _request, index) =>
    sendStream(response, [
      replyStream(
        index === 0
          ? { texts: ['Ask jane@', 'example.org now.'], call: { name: 'mail', input: { type: 'jane@example.org' } } }
          : { texts: ['sent to jane@example.org'] },
      ),
    ]),
  )
  const mail = tool({ name: 'mail', description: 'Mails.', inputSchema: jsonSchema({ type: 'object' }), execute: () => 'jane@example.org got it' })
  const folder = newFolder()
  const kinds = new Set<string>()
  const trace = traceTo(folder, {
    redact: (text, { kind, runId }) => {
      kinds.add(`${kind} ${runId}`)
      return text.replaceAll('jane@example.org', 'PERSON')
    },
  })
  const result = await new Agent({ model: modelAt(provider.baseURL), tools: [mail], trace }).generate('Mail jane@example.org', { runId: 'r' })
  expect(result.text).toBe('sent to jane@example.org')
  expect([...kinds].sort()).toEqual(['event r', 'request r', 'response r'])
  const events = eventsOf(await traceIn(folder))
  expect(events.find(({ type }) => type === 'text-delta')).toMatchObject({ delta: 'Ask PERSON now.' })
  expect(events.find(({ type }) => type === 'tool-start')).toMatchObject({ toolName: 'mail', input: { type: 'PERSON' } })
  expect(events.find(({ type }) => type === 'message-end')).toMatchObject({
    message: {
      role: 'assistant',
      content: [
        { type: 'text', text: 'Ask PERSON now.' },
        { type: 'tool-call', toolName: 'mail' },
      ],
    },
  })
  expect(textIn(folder)).not.toContain('jane@example.org')
  expect(exchangesOf(await traceIn(folder)).map((exchange) => saidIn(bodyOf(exchange).toString()))).toEqual(['Ask PERSON now.', 'sent to PERSON'])

  const failing = newFolder()
  const broken = traceTo(failing, {
    redact: () => {
      throw new Error('no')
    },
  })
  await new Agent({ model: modelAt(provider.baseURL), tools: [mail], trace: broken }).generate('a private word', { runId: 'r' })
  expect(textIn(failing)).not.toContain('a private word')
  expect(eventsOf(await traceIn(failing)).at(-1)).toMatchObject({ type: 'run-end', status: 'finished', text: '[redacted]' })
})
