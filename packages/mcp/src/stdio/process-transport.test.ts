import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ProcessTransport } from './process-transport.ts'

const message = { jsonrpc: '2.0', id: 1, method: 'ping' } as const

test.skipIf(process.platform === 'win32').each([
  ['closes its input and ends later', 'exec 0<&-; sleep 0.5; exit 3', 200],
  ['has just ended', 'exit 3', 0],
])('a message to a process that %s fails with its exit code, and not with the error of the pipe', async (_what, script, waitMs) => {
  const target = { kind: 'process', command: '/bin/sh', args: ['-c', script], env: {} } as never
  const transport = new ProcessTransport({ target, maxMessageBytes: 1_000, closeTimeoutMs: 1_000 })
  await transport.start()
  await setTimeout(waitMs)
  const send = async (): Promise<void> => {
    // The first write may still find room in the pipe.
    for (;;) await transport.send(message)
  }
  await expect(send()).rejects.toThrow('it ended with exit code 3')
  await transport.close()
})
