import { call } from '@capstan/core/testing'
import { agentServer } from '@capstan/server'
import { applyEvent, emptyView } from '@capstan/server/view'
import { expect, test } from 'vitest'
import { eventsOf, newStores, payTool, scriptedAgent, serve, testTool } from './testing/served.ts'

test('a run streams to a client, waits for a decision, and continues in the same stream', async () => {
  const pay = payTool()
  const replies = [{ reasoning: 'Hm.', text: 'I look.', calls: [call('look')] }, [call('pay', { amount: 5 })], 'Paid.']
  await using served = await serve({ agents: { support: scriptedAgent(replies, [testTool('look'), pay]) }, ...newStores() })
  const { client } = served
  const { runId } = await client.start({ input: 'Pay it.', session: 'chat' })
  let view = emptyView
  const events = await eventsOf(client, runId, async (event) => {
    view = applyEvent(view, event)
    const [question] = view.pending
    if (event.type === 'run-end' && question !== undefined) await client.decide(runId, { [question.id]: { approve: true } })
  })
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'finished', text: 'Paid.', isLast: true })
  expect(view).toMatchObject({ status: 'finished', pending: [] })
  expect(view.steps.map(({ text, calls }) => [text, calls.map(({ toolName, status }) => `${toolName} ${status}`)])).toEqual([
    ['I look.', ['look ok']],
    ['', ['pay ok']],
    ['Paid.', []],
  ])
  expect(pay.paid).toEqual([{ amount: 5 }])
  expect(await client.run(runId)).toMatchObject({ status: 'finished', agent: 'support', session: 'chat', result: { text: 'Paid.' } })
  expect((await client.session('chat')).messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant', 'tool', 'assistant'])
})

test('a run without a session and without a journal streams in the answer to its POST', async () => {
  await using served = await serve({ agents: { support: scriptedAgent(['Hello.']) } })
  const headers = { accept: 'text/event-stream', 'content-type': 'application/json' }
  const response = await fetch(`${served.url}/runs`, { method: 'POST', headers, body: JSON.stringify({ input: 'Hi.' }) })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  const text = await response.text()
  expect(text).toMatch(/event: run-end\ndata: \{.*"text":"Hello\.".*"isLast":true\}\n\n$/)
  expect(await served.client.run(response.headers.get('capstan-run-id') ?? '')).toMatchObject({ status: 'finished', result: { text: 'Hello.' } })
})

test('a server whose event loop is late refuses new runs, and still serves what is there', async () => {
  await using served = await serve({
    agents: { support: scriptedAgent(Array.from({ length: 100 }, () => 'Hello.')) },
    maxDelayMs: 30,
    rate: { runsPerMinute: 1_000 },
  })
  const { runId } = await served.client.start({ input: 'Hi.' })
  // Each turn of the loop takes 100 ms, so most samples are late.
  const busy = setInterval(() => {
    const until = performance.now() + 100
    while (performance.now() < until);
  }, 1)
  let refusal: unknown
  while (refusal === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    refusal = await served.client.start({ input: 'Again.' }).then(
      () => undefined,
      (error: unknown) => error,
    )
  }
  expect(refusal).toMatchObject({ status: 503, code: 'overloaded', retryAfterMs: expect.any(Number) })
  expect((await served.client.run(runId)).runId).toBe(runId)
  clearInterval(busy)
})

test('a server listens on one port, once: a taken port can be followed by another, and closing leaves nothing open', async () => {
  await using other = await serve({ agents: { support: scriptedAgent([]) } })
  const server = agentServer({ agents: { support: scriptedAgent([]) } })
  await expect(server.listen({ port: Number(new URL(other.url).port) })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  const { url } = await server.listen()
  await expect(server.listen()).rejects.toMatchObject({ code: 'invalid-use' })
  await Promise.all([server.close(), server.close()])
  await expect(fetch(`${url}/health`)).rejects.toThrow()
  await expect(server.listen()).rejects.toMatchObject({ code: 'invalid-use' })
  const late = agentServer({ agents: { support: scriptedAgent([]) } })
  const listening = late.listen()
  await Promise.all([expect(listening).rejects.toMatchObject({ code: 'invalid-use' }), late.close()])
})
