import { expect, test } from 'vitest'
import { http, httpSend } from './index.ts'

test.each([
  [{}, "`hosts` must be the list of the hosts that are reached, such as ['api.example.org'], or 'public'"],
  [{ hosts: [] }, '`hosts` must be the list'],
  [{ hosts: ['https://example.org'] }, 'Write a host'],
  [{ hosts: ['example.org/path'] }, 'Write a host'],
  [{ hosts: ['*'] }, 'Write a host'],
  [{ hosts: ['*.org'] }, "a domain with at least two parts must follow '*.'"],
  [{ hosts: ['a@example.org'] }, 'Write a host'],
  [{ hosts: ['example.org:99999'] }, 'Write a host'],
  [{ hosts: [7] }, '`hosts` has 7'],
  [{ hosts: 'public', privateHosts: ['localhost'] }, 'Write one host with its port'],
  [{ hosts: 'public', privateHosts: ['*.example.org:80'] }, 'Write one host with its port'],
  [{ hosts: 'public', privateHosts: '127.0.0.1:80' }, '`privateHosts` must be a list'],
  [{ hosts: 'public', allowedHosts: [] }, 'Use `hosts`'],
  [{ hosts: 'public', timeout: 1 }, 'Use `timeoutMs`'],
  [{ hosts: 'public', methods: ['POST'] }, 'Use `httpSend({ methods })`'],
  [{ hosts: 'public', timeoutMs: 0 }, '`timeoutMs` must be a whole number from 1 to 600000, not 0'],
  [{ hosts: 'public', maxBytes: 2 ** 40 }, '`maxBytes` must be a whole number'],
  [{ hosts: 'public', html: 'text' }, "`html` must be 'markdown' or 'source'"],
  [{ hosts: 'public', allowHttp: 'yes' }, '`allowHttp` must be true or false'],
  [{ hosts: 'public', resolve: {} }, '`resolve` must be a function'],
  [{ hosts: 'public', needsApproval: 'ask' }, '`needsApproval` must be'],
  [{ hosts: 'public', userAgent: 'a\r\nx: y' }, '`userAgent` has a header'],
  [{ hosts: 'public', headers: [] }, '`headers` must be an object of hosts'],
  [{ hosts: 'public', headers: { 'example.org': 'k' } }, '`headers` must have an object of headers for each host'],
  [{ hosts: 'public', headers: { 'example.org': { Host: 'x' } } }, 'must not set "Host"'],
])('%j is refused with what to write instead', (options, message) => {
  expect(() => http(options as never)).toThrow(expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(message) }))
})

test('a header that is refused does not show its value', () => {
  const make = (): unknown => http({ hosts: 'public', headers: { 'example.org': { authorization: 'secret\n1' } } })
  expect(make).toThrow('whose name or value is not valid')
  expect(make).not.toThrow(/secret/)
})

test.each([[undefined], [[]], [['GET']], ['POST']])('methods %j of httpSend() are refused', (methods) => {
  expect(() => httpSend({ hosts: 'public', methods } as never)).toThrow('`methods` must be a list of POST, PUT, PATCH, DELETE')
})

test.each([
  [{ returns: 'trusted' }, 'at /returns'],
  [{ reaches: 'external' }, 'at /reaches'],
])('%j is refused as by tool()', (options, message) => {
  expect(() => http({ hosts: 'public', ...options } as never)).toThrow(message)
})
