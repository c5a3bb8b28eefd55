import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { ServerCase } from './case.ts'
import { Lab, refused } from './lab.ts'

/** What takes more than its share. Each has a server of its own. */
export const loadCases: readonly ServerCase[] = [
  {
    attack: '1,000 streams that are never read',
    run: async () => {
      const lab = await new Lab({ rate: { streamsAtOnce: 20, runsPerMinute: 1_000, requestsPerMinute: 10_000 } }).listen()
      const { runId } = await lab.waitingRun()
      const head = `GET /runs/${runId}/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer alice\r\n\r\n`
      const statuses = await Promise.all(Array.from({ length: 1_000 }, () => firstLine(lab.port, head)))
      const opened = statuses.filter(({ status }) => status === '200').length
      assert.deepEqual([opened, statuses.filter(({ status }) => status === '429').length], [20, 980])
      refused(await lab.send({ path: `/runs/${runId}/events` }), 429, 'too-many-streams')
      assert.equal((await lab.send({ path: `/runs/${runId}` })).status, 200)
      for (const { close } of statuses) close()
      await lab.close()
      return '20 are open, 980 are refused with 429, other requests are served'
    },
  },
  {
    attack: 'streams of many people',
    run: async () => {
      const lab = await new Lab({ maxStreams: 2 }).listen()
      const { runId } = await lab.waitingRun()
      const head = `GET /runs/${runId}/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer alice\r\n\r\n`
      const opened = [await firstLine(lab.port, head), await firstLine(lab.port, head)]
      const answer = await lab.send({ path: `/runs/${runId}/events` })
      const seen = refused(answer, 503, 'overloaded')
      assert.match(String(answer.headers['retry-after']), /^\d$/)
      for (const { close } of opened) close()
      await lab.close()
      return `${seen} with \`Retry-After\``
    },
  },
  {
    attack: 'too many runs',
    run: async () => {
      const lab = await new Lab({ rate: { runsPerMinute: 3 } }).listen()
      const answers = []
      for (let count = 0; count < 4; count++) answers.push(await lab.send({ method: 'POST', body: JSON.stringify({ input: 'Pay.' }) }))
      const last = answers.at(-1)
      assert.deepEqual(
        answers.map(({ status }) => status),
        [201, 201, 201, 429],
      )
      assert.match(String(last?.headers['retry-after']), /^\d+$/)
      await lab.close()
      return '429 rate-limited with `Retry-After`'
    },
  },
  {
    attack: 'too many requests',
    run: async () => {
      const lab = await new Lab({ rate: { requestsPerMinute: 5 } }).listen()
      const statuses = []
      for (let count = 0; count < 6; count++) statuses.push((await lab.send({})).status)
      assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429])
      assert.equal((await lab.send({ path: '/health', headers: { authorization: '' } })).status, 200)
      await lab.close()
      return '429 rate-limited; the health is still told'
    },
  },
  {
    attack: 'a budget that is spent',
    run: async () => {
      const lab = await new Lab({ budget: { tokens: 600, perMs: 3_600_000 } }).listen()
      const body = JSON.stringify({ input: 'Pay.' })
      await lab.waitingRun()
      const seen = refused(await lab.send({ method: 'POST', body }), 429, 'budget-exhausted')
      const others = await lab.send({ method: 'POST', body, headers: { authorization: 'Bearer bob' } })
      assert.equal(others.status, 201)
      await lab.close()
      return `${seen}; others are served`
    },
  },
]

interface Opened {
  readonly status: string
  readonly close: () => void
}

/** The status that comes back; the socket stays open and is not read any further. */
function firstLine(port: number, head: string): Promise<Opened> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const close = (): void => void socket.destroy()
    socket.on('error', () => resolve({ status: 'error', close }))
    socket.write(head)
    socket.once('data', (chunk) => {
      socket.pause()
      resolve({ status: /^HTTP\/1\.1 (\d+)/.exec(chunk.toString('latin1'))?.[1] ?? '', close })
    })
  })
}
