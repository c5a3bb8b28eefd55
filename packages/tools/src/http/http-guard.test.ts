import { afterAll, beforeAll, expect, test } from 'vitest'
import { use } from '../testing/file-root.ts'
import { type HttpHost, startHttpHost } from '../testing/http-host.ts'
import { connectTo } from './connect.ts'
import { Hosts } from './hosts.ts'
import { type HttpOptions, http } from './index.ts'
import { nextTarget } from './request.ts'

let host: HttpHost
let other: HttpHost

beforeAll(async () => {
  other = await startHttpHost((_request, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('INTERNAL'))
  host = await startHttpHost((request, response) => {
    const to = new URL(request.url ?? '', 'http://x').searchParams.get('to')
    if (to === null) response.writeHead(200, { 'content-type': 'text/plain' }).end('INTERNAL')
    else response.writeHead(302, { location: to }).end()
  })
})

afterAll(async () => {
  await host.close()
  await other.close()
})

const at = (address: string) => async () => [{ address, family: address.includes(':') ? (6 as const) : (4 as const) }]
const unused = (): never => {
  throw new Error('a name was looked up')
}
const reached = (): number => host.connections() + other.connections()

/** What a URL with the port of the server, written `PORT`, gives; nothing of it reached the server. */
async function refused(url: string, options: Partial<HttpOptions> = {}): Promise<string> {
  const before = reached()
  const text = await use(http({ hosts: 'public', allowHttp: true, ...options }), { url })
  expect([reached() - before, text.includes('INTERNAL')]).toEqual([0, false])
  return text
}

test.each([
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://0/',
  'http://0.0.0.0/',
  'http://[::]/',
  'http://127.0.0.1./',
  'http://①②⑦。0.0.1/',
  'http://127。0。0。1/',
  'http://%31%32%37.0.0.1/',
  'http://[64:ff9b::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://169.254.169.254/latest/meta-data/',
  'http://[fd00:ec2::254]/',
  'http://10.0.0.1/',
  'http://100.64.0.1/',
  'http://224.0.0.1/',
])('%s is not reached', async (url) => {
  expect(await refused(url, { resolve: unused })).toMatch(/^error: Nothing was requested: the host has an address that is not reached \([a-z-]+\)\.$/)
})

test.each(['http://localhost/', 'http://LOCALHOST./', 'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/'])('%s is not reached', async (url) => {
  expect(await refused(url)).toContain('(loopback)')
})

test.each([
  ['a name of a loopback address', [{ address: '127.0.0.1', family: 4 }]],
  ['a name of a private IPv6 address', [{ address: 'fd12::1', family: 6 }]],
  ['a mapped address', [{ address: '::ffff:127.0.0.1', family: 6 }]],
  [
    'one bad address among good ones',
    [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ],
  ],
  ['something that is not an address', [{ address: 'localhost', family: 4 }]],
] as const)('%s is not reached', async (_name, addresses) => {
  expect(await refused('https://site.example/', { resolve: async () => addresses })).toContain('Nothing was requested')
})

test('a name without addresses is not reached', async () => {
  expect(await refused('https://site.example/', { resolve: async () => [] })).toBe('error: The host has no address.')
})

test.each([
  ['ftp://example.org/', 'only URLs with https:'],
  ['file:///etc/passwd', 'only URLs with https:'],
  ['data:text/html,x', 'only URLs with https:'],
  ['https://user:pass@example.org/', 'must not contain a user name'],
  ['https://example.org:22/', 'only the default port is reached'],
  ['/path', 'not a complete URL'],
  ['https://', 'not a complete URL'],
  [`https://example.org/${'a'.repeat(4_000)}`, 'more than 4000 characters'],
])('%s is invalid, and no name is looked up', async (url, problem) => {
  const text = await refused(url, { resolve: unused })
  expect(text).toContain('invalid-input')
  expect(text).toContain(problem)
})

test('http: is refused unless it is allowed', async () => {
  expect(await refused('http://example.org/', { allowHttp: false, resolve: unused })).toContain('http: is not allowed: use https:')
})

test.each([
  'https://example.com/',
  'https://example.org.evil.example/',
  'https://evilexample.org/',
  'https://sub.example.org/',
  'https://example.org:8443/',
  'https://other.net/',
])('%s is not on the list, and its name is not looked up', async (url) => {
  const text = await refused(url, { hosts: ['example.org', '*.other.net'], resolve: unused })
  expect(text).toContain('this host is not one of those that are allowed: example.org, *.other.net')
})

test.each([
  'https://example.org/',
  'https://EXAMPLE.ORG./',
  'https://a.b.other.net/',
  'https://bücher.example/',
  'https://port.example:8443/',
  'https://default.example/',
])('%s is on the list, and a listed host may not have an address of this machine either', async (url) => {
  const hosts = ['Example.org', '*.other.net', 'bücher.example', 'port.example:8443', 'default.example:443']
  expect(await refused(url, { hosts, resolve: at('127.0.0.1') })).toContain('(loopback)')
})

test('privateHosts opens one port of one host', async () => {
  const options: HttpOptions = { hosts: [], privateHosts: [`wiki.intranet:${host.port}`], resolve: at('127.0.0.1') }
  expect(await use(http(options), { url: `http://wiki.intranet:${host.port}/` })).toContain('INTERNAL')
  expect(await refused(`http://wiki.intranet:${other.port}/`, options)).toContain('invalid-input')
  expect(await refused(`http://127.0.0.1:${host.port}/`, options)).toContain('invalid-input')
})

test.each(['169.254.169.254', '169.254.1.1', '0.0.0.0', '::ffff:127.0.0.1', '100.100.100.200'])('privateHosts does not open %s', async (address) => {
  const options: HttpOptions = { hosts: [], privateHosts: [`wiki.intranet:${host.port}`], resolve: at(address) }
  expect(await refused(`http://wiki.intranet:${host.port}/`, options)).toContain('Nothing was requested')
})

test('a name whose address changes after the check is reached at the address that was checked', async () => {
  const answers = ['127.0.0.1', '127.0.0.2']
  const asked: string[] = []
  const options: HttpOptions = {
    hosts: [],
    privateHosts: [`rebind.example:${host.port}`],
    resolve: async (name) => {
      asked.push(name)
      return await at(answers.shift() ?? '')()
    },
  }
  expect(await use(http(options), { url: `http://rebind.example:${host.port}/` })).toContain('INTERNAL')
  expect(asked).toEqual(['rebind.example'])
})

test('the address of the connection itself is checked, whatever was looked up', async () => {
  const target = new Hosts({ hosts: 'public', allowHttp: true }).target('http://site.example/')
  if ('problem' in target) throw new Error(target.problem)
  const url = new URL(`http://site.example:${host.port}/`)
  const before = host.requests.length
  await expect(connectTo({ ...target, url }, await at('127.0.0.1')(), AbortSignal.timeout(5_000))).rejects.toThrow('(loopback)')
  expect(host.requests.length).toBe(before)
})

/** What a request gives that the first host redirects. */
const redirected = (to: string, options: Partial<HttpOptions> = {}): Promise<string> =>
  use(http({ hosts: [], privateHosts: [`127.0.0.1:${host.port}`], ...options }), { url: `${host.url}/?to=${encodeURIComponent(to)}` })

test('a redirect to a host that is not listed is not followed', async () => {
  const before = other.connections()
  expect(await redirected(other.url)).toMatch(/^error: .* redirects to http:\/\/127\.0\.0\.1:\d+, which was not followed: http: is not allowed/)
  expect(await redirected('https://evil.example/')).toContain('this host is not one of those that are allowed')
  expect(await redirected('file:///etc/passwd')).toContain('only URLs with https:')
  expect(await redirected('http://[')).toContain('it is not a URL')
  expect(other.connections()).toBe(before)
})

test('a redirect to a listed host with an address of this machine is not followed', async () => {
  expect(await redirected('https://site.example/', { hosts: ['site.example'], resolve: at('127.0.0.1') })).toContain('(loopback)')
})

test('where all public hosts are allowed, a redirect does not lead to another host', async () => {
  expect(await redirected('https://evil.example/?data', { hosts: 'public', resolve: unused })).toContain(
    'it is another host. Request that URL if it is the right one',
  )
})

test('a page of a stranger does not lead to a private host', async () => {
  const tool = http({ hosts: 'public', privateHosts: [`127.0.0.1:${other.port}`] })
  const target = new Hosts({ hosts: 'public', privateHosts: [`127.0.0.1:${other.port}`] })
  const [stranger, own] = [target.target('https://site.example/'), target.target(`${other.url}/`)]
  if ('problem' in stranger || 'problem' in own) throw new Error('a host is refused')
  expect([stranger.isListed, own.isListed]).toEqual([false, true])
  expect(() => nextTarget(target, stranger, `${other.url}/admin`)).toThrow('it is another host')
  expect(nextTarget(target, own, '/page').url.pathname).toBe('/page')
  expect(await use(tool, { url: `${other.url}/` })).toContain('INTERNAL')
})

test('headers of the owner stay with their host', async () => {
  const options = {
    privateHosts: [`127.0.0.1:${host.port}`, `127.0.0.1:${other.port}`],
    headers: { [`127.0.0.1:${host.port}`]: { authorization: 'Bearer k' } },
  }
  expect(await redirected(other.url, options)).toContain('INTERNAL')
  expect(host.requests.at(-1)?.headers.authorization).toBe('Bearer k')
  expect(other.requests.at(-1)?.headers.authorization).toBeUndefined()
})

test('more than three redirects are not followed', async () => {
  const chain = [1, 2, 3, 4].reduce((url) => `${host.url}/?to=${encodeURIComponent(url)}`, `${host.url}/`)
  const short = new URL(chain).searchParams.get('to') ?? ''
  expect(await use(http({ hosts: [], privateHosts: [`127.0.0.1:${host.port}`] }), { url: short })).toContain('INTERNAL')
  expect(await use(http({ hosts: [], privateHosts: [`127.0.0.1:${host.port}`] }), { url: chain })).toContain('There were more than 3 redirects')
})
