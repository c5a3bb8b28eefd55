import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSelfSigned } from '../testing/self-signed.ts'

const { key, cert } = makeSelfSigned('site.example')
const server = createServer({ key, cert }, (request, response) => {
  const { servername } = request.socket as TLSSocket & { readonly servername: string } // The server speaks TLS only, and the types lack the name.
  response.writeHead(200, { 'content-type': 'text/plain' }).end(`${request.headers.host} ${servername}`)
})
let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'capstan-https-'))
  writeFileSync(join(folder, 'cert.pem'), cert)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

/** Requests a host in a process of its own: a process reads the certificates that it trusts in addition when it starts. */
async function fetchFrom(host: string, env: Readonly<Record<string, string>>): Promise<string> {
  const { port } = server.address() as AddressInfo
  const program = `
    import { http } from ${JSON.stringify(new URL('../../dist/http/index.js', import.meta.url).href)}
    const tool = http({ hosts: [], privateHosts: ['${host}:${port}'], resolve: async () => [{ address: '127.0.0.1', family: 4 }] })
    const { value } = await tool.check({ url: 'https://${host}:${port}/' })
    const { text } = await tool.run(value, { signal: new AbortController().signal, idempotencyKey: 'k', toolCallId: 'c', progress() {} })
    console.log(text)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { env: { ...process.env, ...env } })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  await once(child, 'close')
  return output.replaceAll(String(port), 'PORT')
}

test('a certificate of the named host is accepted when it is trusted, and the name is sent to the server; proxies of the environment have no effect', async () => {
  const proxy = 'http://127.0.0.1:9'
  const env = { NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem'), NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: proxy, https_proxy: proxy, ALL_PROXY: proxy, NO_PROXY: '' }
  expect(await fetchFrom('site.example', env)).toContain('\n\nsite.example:PORT site.example\n')
})

test('the certificate of another host is refused although it is trusted', async () => {
  expect(await fetchFrom('other.example', { NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') })).toContain('the certificate of the host is not valid for it')
})
