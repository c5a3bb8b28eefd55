import { connect } from '@capstan/server/client'
import { expect } from 'vitest'
import { makeChat } from '../ai-sdk/sdks.ts'

const authorization = 'Bearer ann'
const headers = { authorization, 'content-type': 'application/json' }

/** Checks a server in another process: runs and chats that stream while they are written, an approval, a client that leaves, and a refusal. */
export async function checkServer(url: string, openGate: () => Promise<unknown>): Promise<void> {
  await checkChatStream(url, openGate)
  await checkRuns(url)
  await checkApproval(url)
  const refused = await fetch(`${url}/api/agents/runs`, { method: 'POST', headers: { ...headers, authorization: '' }, body: '{"input":"x"}' })
  expect([refused.status, await refused.json()]).toMatchObject([401, { error: { code: 'unauthorized' } }])
  const large = await fetch(`${url}/api/agents/runs`, { method: 'POST', headers, body: JSON.stringify({ input: 'x'.repeat(300_000) }) })
  expect(large.status).toBe(413)
}

async function checkChatStream(url: string, openGate: () => Promise<unknown>): Promise<void> {
  const body = JSON.stringify({ id: 'c1', messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: 'slow' }] }] })
  const leave = new AbortController()
  const left = await fetch(`${url}/api/chat`, { method: 'POST', headers, body, signal: leave.signal })
  await readUntil(left, /The first half/)
  leave.abort()
  // The run went on without its first reader, and cannot end before the gate is open.
  const response = await fetch(`${url}/api/chat/c1/stream`, { headers })
  const reader = await readUntil(response, /The first half/)
  await openGate()
  await readUntil(reader, /and the second.*\[DONE\]/s)
}

async function checkRuns(url: string): Promise<void> {
  const client = connect({ url: `${url}/api/agents`, headers: () => ({ authorization }) })
  const { runId } = await client.start({ input: 'look please', session: 's1' })
  const types: string[] = []
  for await (const event of client.events(runId)) types.push(event.type)
  expect(types).toEqual(expect.arrayContaining(['run-start', 'message-end', 'tool-start', 'tool-end', 'run-end']))
  expect((await client.run(runId)).result?.text).toBe('Order 7 is here.')
}

async function checkApproval(url: string): Promise<void> {
  const withToken: typeof fetch = async (input, init) =>
    await fetch(input, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), authorization } })
  const chat = makeChat(7, { api: `${url}/api/chat`, id: 'c2', fetch: withToken })
  await chat.sendMessage({ text: 'pay it' })
  const asked = chat.messages.at(-1)?.parts.find(({ state }) => state === 'approval-requested')
  await chat.addToolApprovalResponse({ id: asked?.approval?.id ?? '', approved: true })
  while (chat.messages.at(-1)?.parts.at(-1)?.text !== 'That is settled.') await new Promise((resolve) => setTimeout(resolve, 5))
}

type Reader = ReadableStreamDefaultReader<string>

/** Reads until the text so far fits. */
async function readUntil(source: Response | Reader, pattern: RegExp): Promise<Reader> {
  const reader = source instanceof Response ? (source.body?.pipeThrough(new TextDecoderStream()).getReader() as Reader) : source
  let text = ''
  while (!pattern.test(text)) {
    const { value, done } = await reader.read()
    if (done) throw new Error(`The response ended before ${pattern}: ${text}`)
    text += value
  }
  return reader
}
