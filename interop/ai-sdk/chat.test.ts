import { describe, expect, test, vi } from 'vitest'
import { type Chat, framesIn, invalidFrames, type Message, makeChat, type Part, sdks, type Version, versions } from './sdks.ts'
import { type Served, serve } from './served.ts'

// These tests share the processors with others.
vi.setConfig({ testTimeout: 60_000 })

const post = async (served: Served, body: unknown, init: RequestInit = {}): Promise<Response> =>
  await fetch(`${served.url}/api/chat`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), ...init })
const userMessage = (text: string, id = 'm1') => ({ id, role: 'user', parts: [{ type: 'text', text }] })
const chatOf = (version: Version, served: Served, more: object = {}): Chat => makeChat(version, { api: `${served.url}/api/chat`, ...more })
const partsOf = (chat: Chat): readonly Part[] => chat.messages.at(-1)?.parts ?? []
const stateOf = (chat: Chat, toolName: string): string | undefined => partsOf(chat).find((part) => part.toolName === toolName)?.state
const textOf = (parts: readonly Part[]): string =>
  parts
    .filter(({ type }) => type === 'text')
    .map(({ text }) => text)
    .join('|')

async function until(check: () => boolean | undefined): Promise<void> {
  while (check() !== true) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** Answers the open question of a chat as its version does it. */
async function decide(version: Version, chat: Chat, approved: boolean): Promise<void> {
  const part = partsOf(chat).find(({ state, data }) => state === 'approval-requested' || data?.status === 'open')
  if (version === 5) return await chat.sendMessage(undefined, { body: { answers: { [part?.data?.questionId ?? '']: { approve: approved } } } })
  await chat.addToolApprovalResponse({ id: part?.approval?.id ?? '', approved })
  await until(() => stateOf(chat, 'pay')?.startsWith('output') && chat.status === 'ready')
}

describe.each(versions)('ai %i', (version) => {
  test('a run with reasoning, text and calls; every frame is valid', async () => {
    await using served = await serve({ version })
    const chat = chatOf(version, served)
    await chat.sendMessage({ text: 'look please' })
    expect([chat.status, chat.error]).toEqual(['ready', undefined])
    expect(partsOf(chat)).toMatchObject([
      { type: 'step-start' },
      { type: 'reasoning', text: 'I should look it up.', state: 'done' },
      { type: 'text', text: 'One moment.', state: 'done' },
      { type: 'dynamic-tool', toolName: 'nothing', state: 'output-error', input: {}, errorText: expect.stringContaining("no tool 'nothing'") },
      { type: 'dynamic-tool', toolName: 'look', state: 'output-available', input: { order: 7 }, output: 'seen' },
      { type: 'step-start' },
      { type: 'text', text: 'Order 7 is here.', state: 'done' },
    ])
    expect(chat.messages.at(-1)).toMatchObject({ role: 'assistant', metadata: { status: 'finished', usage: { totalTokens: 30 } } })
    const response = await post(served, { id: 'other', messages: [userMessage('look')] })
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': expect.stringContaining('text/event-stream'),
      'x-vercel-ai-ui-message-stream': 'v1',
    })
    expect(await invalidFrames(version, framesIn(await response.text()))).toEqual([])
  })

  test('the same by readUIMessageStream', async () => {
    await using served = await serve({ version })
    const { ai } = sdks[version]
    const transport = new ai.DefaultChatTransport({ api: `${served.url}/api/chat` })
    const stream = await transport.sendMessages({
      chatId: 'c',
      messages: [userMessage('look')],
      trigger: 'submit-message',
      messageId: undefined,
      abortSignal: undefined,
    })
    let last: Message | undefined
    for await (const message of ai.readUIMessageStream({ stream, terminateOnError: true })) last = message
    expect(textOf(last?.parts ?? [])).toBe('One moment.|Order 7 is here.')
  })

  test.each([true, false])('an approval is answered in the chat: %s', async (approved) => {
    await using served = await serve({ version })
    const chat = chatOf(version, served)
    await chat.sendMessage({ text: 'pay it' })
    expect([chat.status, served.clerk.paid]).toEqual(['ready', []])
    await decide(version, chat, approved)
    expect(served.clerk.paid).toEqual(approved ? [{ amount: 5 }] : [])
    expect(chat.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
    expect(partsOf(chat).filter(({ toolName }) => toolName === 'pay')).toHaveLength(1)
    expect(stateOf(chat, 'pay')).toBe(approved ? 'output-available' : version === 5 ? 'output-error' : 'output-denied')
    expect(textOf(partsOf(chat))).toBe('I will pay.|That is settled.')
    // The page continues to post what it has answered.
    await chat.sendMessage({ text: 'Thanks' })
    expect([chat.status, textOf(partsOf(chat))]).toEqual(['ready', 'You said: Thanks'])
  })

  test('an edited input and the answer to a question are sent with sendMessage, and with the route of decisions', async () => {
    await using served = await serve({ version })
    const chat = chatOf(version, served)
    await chat.sendMessage({ text: 'pay it' })
    const asked = partsOf(chat).find(({ state, data }) => state === 'approval-requested' || data !== undefined)
    const id = asked?.approval?.id ?? asked?.data?.questionId ?? ''
    await chat.sendMessage(undefined, { body: { answers: { [id]: { approve: true, input: { amount: 4 } } } } })
    expect([chat.status, served.clerk.paid]).toEqual(['ready', [{ amount: 4 }]])
    const other = chatOf(version, served)
    await other.sendMessage({ text: 'seat please' })
    const question = partsOf(other).find(({ type }) => type === 'data-question')?.data
    expect(question).toMatchObject({ kind: 'question', status: 'open', about: { question: { text: 'Which seat?' } } })
    const { runId } = other.messages.at(-1)?.metadata ?? {}
    const decided = await fetch(`${served.url}/runs/${runId}/decisions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ answers: { [question?.questionId ?? '']: { approve: true, answer: 'aisle' } } }),
    })
    expect(decided.status).toBe(200)
    await (await fetch(`${served.url}/api/chat/${other.id}/stream`)).text()
    const { messages } = (await (await fetch(`${served.url}/api/chat/${other.id}`)).json()) as { messages: Message[] }
    expect(messages.at(-1)?.parts.find(({ toolName }) => toolName === 'choose')?.output).toBe('seat "aisle"')
  })

  test('a page that is loaded again in mid-answer gets everything once', async () => {
    await using served = await serve({ version })
    const first = chatOf(version, served)
    void first.sendMessage({ text: 'slow please' })
    await until(() => textOf(partsOf(first)) === 'The first half, ')
    const { messages } = (await (await fetch(`${served.url}/api/chat/${first.id}`)).json()) as { messages: Message[] }
    expect(messages).toMatchObject([{ role: 'user', parts: [{ text: 'slow please' }] }])
    const second = chatOf(version, served, { id: first.id, messages })
    void second.resumeStream()
    await until(() => textOf(partsOf(second)) === 'The first half, ')
    served.clerk.gate.open()
    await until(() => second.status === 'ready' && first.status === 'ready')
    for (const chat of [first, second]) {
      expect(partsOf(chat).map(({ type, text }) => [type, text])).toEqual([
        ['step-start', undefined],
        ['reasoning', 'This takes long.'],
        ['text', 'The first half, and the second.'],
      ])
    }
    expect(first.messages.at(-1)?.id).toBe(second.messages.at(-1)?.id)
    expect(served.clerk.requests).toHaveLength(1)
  })

  test('a page whose socket was cut connects again and shows everything once', async () => {
    await using served = await serve({ version })
    const chat = chatOf(version, served)
    const sent = chat.sendMessage({ text: 'slow please' })
    await until(() => textOf(partsOf(chat)) === 'The first half, ')
    served.cut()
    await sent
    expect(chat.status).toBe('error')
    // Versions 5 and 6 add what is replayed to the message that is there.
    if (version !== 7) chat.messages = chat.messages.slice(0, -1)
    const resumed = chat.resumeStream()
    await until(() => textOf(partsOf(chat)) === 'The first half, ')
    served.clerk.gate.open()
    await resumed
    expect([chat.status, textOf(partsOf(chat)), served.clerk.requests.length]).toEqual(['ready', 'The first half, and the second.', 1])
  })

  test('nothing runs: 204, and the messages are those of the stream', async () => {
    await using served = await serve({ version })
    const chat = chatOf(version, served)
    await chat.sendMessage({ text: 'look' })
    const response = await fetch(`${served.url}/api/chat/${chat.id}/stream`)
    expect([response.status, await response.text()]).toEqual([204, ''])
    await chat.resumeStream()
    expect(chat.status).toBe('ready')
    const { messages } = (await (await fetch(`${served.url}/api/chat/${chat.id}`)).json()) as { messages: Message[] }
    const bare = (parts: readonly Part[]) =>
      parts.map(({ type, state, text, toolName, toolCallId, input, output }) => ({ type, state, text, toolName, toolCallId, input, output }))
    const sorted = (parts: readonly Part[]) => bare(parts).sort((left, right) => (left.toolCallId ?? '').localeCompare(right.toolCallId ?? ''))
    expect(messages.at(-1)?.id).toBe(chat.messages.at(-1)?.id)
    expect(sorted(messages.at(-1)?.parts ?? [])).toEqual(sorted(partsOf(chat)))
  })

  test('a page that is loaded again while the run waits can answer, also after a restart of the server', async () => {
    await using served = await serve({ version })
    const first = chatOf(version, served)
    await first.sendMessage({ text: 'pay it' })
    await served.restart()
    const { messages } = (await (await fetch(`${served.url}/api/chat/${first.id}`)).json()) as { messages: Message[] }
    const second = chatOf(version, served, { id: first.id, messages })
    await second.resumeStream()
    expect([second.status, textOf(partsOf(second))]).toEqual(['ready', 'I will pay.'])
    await decide(version, second, true)
    expect([served.clerk.paid, textOf(partsOf(second))]).toEqual([[{ amount: 5 }], 'I will pay.|That is settled.'])
  })

  test('stop() of the page leaves the run at work; the route ends it', async () => {
    await using served = await serve({ version })
    const chat = chatOf(version, served)
    const sent = chat.sendMessage({ text: 'slow please' })
    await until(() => textOf(partsOf(chat)) === 'The first half, ')
    await chat.stop()
    await sent
    expect(chat.status).toBe('ready')
    const again = await fetch(`${served.url}/api/chat/${chat.id}/stream`)
    expect(again.status).toBe(200)
    const stopped = await fetch(`${served.url}/api/chat/${chat.id}/stop`, { method: 'POST' })
    expect(stopped.status).toBe(202)
    const frames = framesIn(await again.text())
    expect(await invalidFrames(version, frames)).toEqual([])
    expect(frames.slice(-2)).toMatchObject([{ type: 'abort' }, { type: 'finish', finishReason: version === 7 ? 'interrupted' : 'other' }])
    expect((await fetch(`${served.url}/api/chat/${chat.id}/stream`)).status).toBe(204)
    await chat.sendMessage({ text: 'Go on' })
    expect([chat.status, textOf(partsOf(chat))]).toEqual(['ready', 'You said: Go on'])
  })

  test('errors: a status before the first byte, a frame after it, and never a name of the inside', async () => {
    await using served = await serve({ version })
    const broken = chatOf(version, served)
    await broken.sendMessage({ text: 'break please' })
    expect([broken.status, textOf(partsOf(broken))]).toEqual(['error', 'Half an ans'])
    expect(broken.error?.message).toMatch(/^The run failed: .+ \([a-z-]+\)$/)
    expect(broken.error?.message).not.toContain('internal.example')
    const cut = chatOf(version, served)
    await cut.sendMessage({ text: 'cut please' })
    expect([cut.status, cut.error?.message]).toEqual(['error', 'The answer is not complete: the model reached its output limit.'])
    const busy = chatOf(version, served)
    void busy.sendMessage({ text: 'slow please' })
    await until(() => textOf(partsOf(busy)) === 'The first half, ')
    const second = chatOf(version, served, { id: busy.id })
    await second.sendMessage({ text: 'Hello' })
    expect([second.status, second.error?.message]).toEqual(['error', expect.stringContaining('session')])
  })
})
