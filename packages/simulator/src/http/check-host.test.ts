import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { SimulatorOptions } from '../options/options.ts'
import { startSimulator } from '../start-simulator.ts'
import { checkHost } from './check-host.ts'

interface Seen {
  readonly status: number | undefined
  readonly text: string
}

/** Sends a request with a `Host` header of its own. */
function getModels(baseURL: string, host: string): Promise<Seen> {
  const { port } = new URL(baseURL)
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/v1/models', headers: { host, authorization: 'Bearer key' } }
    const sent = request(options, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.once('end', () => resolve({ status: response.statusCode, text: Buffer.concat(pieces).toString() }))
    })
    sent.once('error', reject)
    sent.end()
  })
}

async function statusFor(host: string, options: SimulatorOptions = {}): Promise<number | undefined> {
  await using simulator = await startSimulator(options)
  return (await getModels(simulator.baseURL, host)).status
}

describe('the Host header', () => {
  test.each([
    '127.0.0.1',
    '127.0.0.1:80',
    '127.8.9.10:1',
    'localhost',
    'LOCALHOST:3000',
    'localhost.',
    'api.localhost:80',
    '[::1]',
    '[::1]:80',
    '[::ffff:127.0.0.1]',
  ])('%s is a loopback name', async (host) => {
    expect(await statusFor(host)).toBe(200)
  })

  test.each([
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'evillocalhost',
    '10.0.0.1',
    '12.7.0.1',
    '128.0.0.1',
    '0.0.0.0',
    '[2001:db8::1]',
    '2130706433',
    'localhost@evil.example',
    'user@localhost',
    'localhost/..',
    '127.0.0.1 evil.example',
    '[::1].evil.example',
    ':80',
  ])('%s is refused', async (host) => {
    expect(await statusFor(host)).toBe(403)
  })

  test('the host that the simulator was told to listen on is accepted', async () => {
    expect(await statusFor('0.0.0.0:80', { host: '0.0.0.0' })).toBe(200)
  })

  test('the address of the connection is accepted, also where it is written as IPv6', () => {
    const own = { host: '0.0.0.0', allowedHosts: [] }
    expect(checkHost('10.1.2.3:80', '10.1.2.3', own)).toBeUndefined()
    expect(checkHost('10.1.2.3:80', '::ffff:10.1.2.3', own)).toBeUndefined()
    expect(checkHost('[2001:db8::1]', '2001:db8::1', own)).toBeUndefined()
    expect(checkHost('10.1.2.4:80', '10.1.2.3', own)?.status).toBe(403)
  })

  test('a request without a Host header is accepted: no browser sends one', () => {
    expect(checkHost(undefined, '127.0.0.1', { host: '127.0.0.1', allowedHosts: [] })).toBeUndefined()
  })

  test('a name in allowedHosts is accepted, with any port and in any case', async () => {
    expect(await statusFor('Simulator.test:80', { allowedHosts: ['simulator.test'] })).toBe(200)
    expect(await statusFor('a.simulator.test', { allowedHosts: ['simulator.test'] })).toBe(403)
  })

  test('a refusal says why and how to fix it', async () => {
    await using simulator = await startSimulator()
    const { text } = await getModels(simulator.baseURL, 'evil.example:80')
    expect(JSON.parse(text)).toMatchObject({
      error: { type: 'foreign_host', message: expect.stringMatching(/"evil\.example:80".*DNS rebinding.*allowedHosts: \["evil\.example"\]/) },
    })
  })

  test('a refused request is not logged, not counted, and uses up no reply', async () => {
    await using simulator = await startSimulator({ script: [{ text: 'one' }], faults: [{ fault: { kind: 'html' }, requests: [1] }] })
    await getModels(simulator.baseURL, 'evil.example')
    expect([simulator.requests, simulator.requestCount]).toEqual([[], 0])
    expect((await getModels(simulator.baseURL, 'localhost')).text).toContain('<html>')
  })
})
