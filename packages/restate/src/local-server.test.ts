import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLocalServer } from './local-server.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capstan-local-server-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A program in the place of the server: its first starts fail with this line, the next one answers on its ports. */
async function program({ failures, line }: { readonly failures: number; readonly line: string }): Promise<string> {
  const path = join(folder, `server-${failures}-${line.length}.mjs`)
  const source = `#!/usr/bin/env node
import { appendFileSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
appendFileSync(${JSON.stringify(`${path}.starts`)}, 'x')
if (readFileSync(${JSON.stringify(`${path}.starts`)}).length <= ${failures}) {
  console.error(${JSON.stringify(line)})
  process.exit(1)
}
for (const name of ['RESTATE_INGRESS__BIND_PORT', 'RESTATE_ADMIN__BIND_PORT']) createServer((_, response) => response.end()).listen(Number(process.env[name]), '127.0.0.1')
`
  await writeFile(path, source)
  await chmod(path, 0o755)
  return path
}

test('a server whose port was taken meanwhile starts on other ports', async () => {
  const binary = await program({ failures: 2, line: "failed binding to address '127.0.0.1:1': Address in use (os error 98)" })
  await using server = await startLocalServer({ binary })
  expect((await fetch(`${server.adminUrl}/health`)).ok).toBe(true)
})

test.each([
  ['its ports are always taken', { failures: 9, line: 'Address in use' }, /did not start: it ended with 1\. Address in use/],
  ['it ends for another reason', { failures: 1, line: 'no such partition' }, /did not start: it ended with 1\. no such partition/],
])('a server is given up when %s', async (_, failing, message) => {
  await expect(startLocalServer({ binary: await program(failing) })).rejects.toThrow(message)
})
