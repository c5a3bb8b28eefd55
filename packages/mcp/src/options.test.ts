import { expect, test } from 'vitest'
import { type HttpTarget, type McpOptions, mcp, type ProcessTarget } from './index.ts'

test.each<[string, object, RegExp]>([
  ['neither', {}, /either a command or a url/],
  ['both', { command: 'a', url: 'http://127.0.0.1' }, /either a command or a url/],
  ['a command line', { command: 'npx', args: '-y server' }, /list of texts/],
  ['headers of a process', { command: 'npx', headers: {} }, /`headers` is not an option of a server with a command/],
  ['a misspelt option', { command: 'npx', arg: [] }, /`arg` is not an option.*`args`/],
  ['a variable that is not one', { command: 'npx', env: ['A=1'] }, /list of names/],
  ['another scheme', { url: 'file:///etc/passwd' }, /http or https/],
  ['a password in the URL', { url: 'http://user:secret@127.0.0.1' }, /Use `headers`/],
  ['a header with a line feed', { url: 'http://127.0.0.1', headers: { a: 'b\nsecret' } }, /^(?!.*secret)/],
])('a target with %s is refused', async (_, target, message) => {
  await expect(mcp(target as ProcessTarget | HttpTarget)).rejects.toMatchObject({ code: 'invalid-options', message: expect.stringMatching(message) })
})

test.each<[object, RegExp]>([
  [{ prefix: 'a' }, /Use `name`/],
  [{ trust: true }, /Use `trusted`/],
  [{ name: 'a__b' }, /single "_"/],
  [{ allow: 'read' }, /list of names/],
  [{ trusted: 'yes' }, /true or false/],
  [{ needsApproval: 1 }, /needsApproval/],
  [{ onElicit: true }, /must be a function/],
  [{ timeoutMs: 0 }, /whole number from 1/],
  [{ maxRestarts: -1 }, /whole number from 0/],
])('the options %j are refused', async (options, message) => {
  await expect(mcp({ command: 'true' }, options as McpOptions)).rejects.toMatchObject({ code: 'invalid-options', message: expect.stringMatching(message) })
})
