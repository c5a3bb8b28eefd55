import { describe, expect, test } from 'vitest'
import { startSimulator } from '../start-simulator.ts'
import { post } from '../testing/client.ts'

const kibibyte = 1024

async function send(baseURL: string, bodies: readonly string[]): Promise<void> {
  for (const body of bodies) await (await post(baseURL, {}, { body })).text()
}

describe('the bound of the log of requests', () => {
  test('the oldest requests are dropped when their bodies are larger than maxLogBytes', async () => {
    await using simulator = await startSimulator({ maxLogBytes: 10 * kibibyte })
    await send(
      simulator.baseURL,
      ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(3 * kibibyte)),
    )
    expect(simulator.requests.map(({ index, rawBody }) => [index, rawBody[0]])).toEqual([
      [2, 'c'],
      [3, 'd'],
    ])
    expect(simulator.requestCount).toBe(4)
  })

  test('requests without a body count too', async () => {
    await using simulator = await startSimulator({ maxLogBytes: 3 * kibibyte })
    await send(
      simulator.baseURL,
      Array.from({ length: 10 }, () => ''),
    )
    expect(simulator.requests.map(({ index }) => index)).toEqual([7, 8, 9])
  })

  test('the newest request is kept, however large it is', async () => {
    await using simulator = await startSimulator({ maxLogBytes: 0 })
    await send(simulator.baseURL, ['x'.repeat(5 * kibibyte)])
    expect(simulator.requests).toHaveLength(1)
  })

  test('request numbers keep their meaning: a rule, and waitForRequest', async () => {
    await using simulator = await startSimulator({ maxLogBytes: 0, faults: [{ fault: { kind: 'html', status: 418 }, requests: [3] }] })
    await send(simulator.baseURL, ['1', '2', '3'])
    expect(await simulator.waitForRequest(3)).toMatchObject({ index: 2, rawBody: '3', status: 418 })
    await expect(simulator.waitForRequest(1)).rejects.toThrow('Request 1 is not kept any more: maxLogBytes is 0')
  })
})
