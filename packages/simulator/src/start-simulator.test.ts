import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { startSimulator } from './start-simulator.ts'
import { errorMessage, post, postJson, userMessages } from './testing/client.ts'

function getModels(baseURL: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(`${baseURL}/models`, { agent, headers: { authorization: 'Bearer key' } }, (response) => {
      response.resume().once('end', resolve)
    })
    request.once('error', reject)
  })
}

describe('starting and closing', () => {
  test('the base URL names a free port on the loopback address', async () => {
    await using simulator = await startSimulator()
    expect(simulator.baseURL).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/)
  })

  test('a port that is taken rejects the start', async () => {
    await using simulator = await startSimulator()
    await expect(startSimulator({ port: Number(new URL(simulator.baseURL).port) })).rejects.toThrow('EADDRINUSE')
  })

  test('close may be called twice', async () => {
    const simulator = await startSimulator()
    await Promise.all([simulator.close(), simulator.close()])
    await expect(simulator.close()).resolves.toBeUndefined()
  })

  test('close ends a stalled response, and this does not count as closed by the client', async () => {
    const simulator = await startSimulator({ faults: [{ fault: { kind: 'stall', at: 'mid-stream', keepAliveMs: 5 } }] })
    const response = await post(simulator.baseURL, { stream: true })
    const reading = response.text()
    const [request] = simulator.requests
    await simulator.close()
    await expect(reading).rejects.toThrow()
    await request?.ended
    expect(request?.closedByClient).toBe(false)
  })

  test('close destroys a connection without a request', async () => {
    const simulator = await startSimulator()
    const { port } = new URL(simulator.baseURL)
    const socket = connect(Number(port), '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => undefined)
    await simulator.close()
    await closed
    expect(socket.destroyed).toBe(true)
  })

  test('waitForRequest is rejected when the simulator is closed', async () => {
    const simulator = await startSimulator()
    const waiting = simulator.waitForRequest(2)
    await simulator.close()
    await expect(waiting).rejects.toThrow('closed before request 2 was received: it received 0')
  })
})

describe('the log of requests', () => {
  test('a request is kept with its exact bytes, its parsed body, its headers and its status', async () => {
    await using simulator = await startSimulator({ script: [{ text: 'Hi.' }] })
    const rawBody = JSON.stringify({ model: 'deepseek-chat', messages: userMessages }, null, 2)
    await (await post(simulator.baseURL, {}, { body: rawBody })).text()
    const [request] = simulator.requests
    await request?.ended
    expect(request).toMatchObject({ index: 0, method: 'POST', path: '/v1/chat/completions', rawBody, body: { model: 'deepseek-chat' }, status: 200 })
    expect(request?.headers['authorization']).toBe('Bearer key')
  })

  test('waitForRequest is fulfilled when the request is received, before its response', async () => {
    await using simulator = await startSimulator({ faults: [{ fault: { kind: 'stall', at: 'before-headers' } }] })
    const controller = new AbortController()
    const sent = post(simulator.baseURL, {}, { signal: controller.signal }).catch(() => undefined)
    const request = await simulator.waitForRequest(1)
    expect(request.status).toBeUndefined()
    controller.abort()
    await sent
  })

  test('a client that disconnects is noticed', async () => {
    await using simulator = await startSimulator({ faults: [{ fault: { kind: 'stall', at: 'first-event' } }] })
    const controller = new AbortController()
    await post(simulator.baseURL, { stream: true }, { signal: controller.signal })
    controller.abort()
    const [request] = simulator.requests
    await request?.ended
    expect(request?.closedByClient).toBe(true)
  })

  test('requests on one connection have one connection id', async () => {
    await using simulator = await startSimulator()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    await Promise.all([getModels(simulator.baseURL, agent), getModels(simulator.baseURL, agent)])
    await getModels(simulator.baseURL, new Agent())
    agent.destroy()
    expect(simulator.requests.map(({ connectionId }) => connectionId)).toEqual([1, 1, 2])
  })
})

describe('authentication and routes', () => {
  test('without an Authorization header the status is 401', async () => {
    await using simulator = await startSimulator()
    const response = await post(simulator.baseURL, {}, { headers: {} })
    expect(response.status).toBe(401)
  })

  test("a wrong key is a 401 with DeepSeek's message, which shows only the end of the key", async () => {
    await using simulator = await startSimulator({ apiKey: 'right-key' })
    const response = await post(simulator.baseURL, {}, { headers: { authorization: 'Bearer wrong-secret-key' } })
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({
      error: { message: 'Authentication Fails, Your api key: ****-key is invalid', type: 'authentication_error', param: null, code: 'invalid_request_error' },
    })
  })

  test('a wrong key for a Kimi model has the type of Moonshot', async () => {
    await using simulator = await startSimulator({ apiKey: 'right-key' })
    const { body } = await postJson(simulator.baseURL, { model: 'kimi-k2-thinking' })
    expect(body['error']).toMatchObject({ type: 'incorrect_api_key_error' })
  })

  test('the key that was set is accepted', async () => {
    await using simulator = await startSimulator({ apiKey: 'key' })
    expect((await postJson(simulator.baseURL)).status).toBe(200)
  })

  test('the documented models are listed', async () => {
    await using simulator = await startSimulator()
    const response = await fetch(`${simulator.baseURL}/models`, { headers: { authorization: 'Bearer key' } })
    expect(await response.json()).toMatchObject({
      object: 'list',
      data: [{ id: 'kimi-k2-thinking' }, { id: 'kimi-k2-thinking-turbo' }, { id: 'deepseek-chat' }, { id: 'deepseek-reasoner' }, { id: 'kimi-k3' }],
    })
  })

  test('another path is a 404', async () => {
    await using simulator = await startSimulator()
    expect((await fetch(`${simulator.baseURL}/embeddings`, { method: 'POST' })).status).toBe(404)
  })

  test('another method is a 405 that names the right one', async () => {
    await using simulator = await startSimulator()
    const response = await fetch(`${simulator.baseURL}/chat/completions`)
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test('a body that is not JSON is a 400', async () => {
    await using simulator = await startSimulator()
    expect((await post(simulator.baseURL, {}, { body: '{"model":' })).status).toBe(400)
  })

  test('a body larger than the limit is a 413', async () => {
    await using simulator = await startSimulator({ maxBodyBytes: 100 })
    expect((await post(simulator.baseURL, { padding: 'x'.repeat(200) })).status).toBe(413)
  })

  test('a model that is not served is a 404 that names it', async () => {
    await using simulator = await startSimulator()
    const { status, body } = await postJson(simulator.baseURL, { model: 'gpt-x' })
    expect([status, errorMessage(body)]).toEqual([404, 'Not found the model gpt-x or Permission denied'])
  })

  test('a missing model is a 400', async () => {
    await using simulator = await startSimulator()
    const response = await post(simulator.baseURL, {}, { body: '{"messages":[]}' })
    expect(response.status).toBe(400)
  })
})

describe('the same seed', () => {
  async function responses(seed: number): Promise<readonly string[]> {
    await using simulator = await startSimulator({ seed })
    const bodies = [{ stream: true }, { model: 'kimi-k2-thinking', stream: true }, { logprobs: true, top_logprobs: 2 }]
    const texts: string[] = []
    for (const body of bodies) texts.push(await (await post(simulator.baseURL, body)).text())
    return texts
  }

  test('gives the same bytes', async () => {
    expect(await responses(7)).toEqual(await responses(7))
  })

  test('another seed gives other ids', async () => {
    const [[first], [second]] = [await responses(7), await responses(8)]
    expect(first).not.toEqual(second)
  })
})
