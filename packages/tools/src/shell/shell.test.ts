import { chmodSync, copyFileSync, existsSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent } from '@capstan/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callingModel } from '../testing/calling-model.ts'
import { type FileRoot, makeFileRoot, use } from '../testing/file-root.ts'
import { type ShellOptions, type ShellProgram, shell } from './index.ts'
import { knownRisk } from './known-programs.ts'

let folders: FileRoot

beforeAll(() => {
  folders = makeFileRoot()
  mkdirSync(join(folders.root, 'sub'))
  writeFileSync(join(folders.root, 'sub', 'a.txt'), 'a')
  symlinkSync(folders.outside, join(folders.root, 'out'))
  symlinkSync('sub', join(folders.root, 'in'))
})

afterAll(() => folders.remove())

const anything = (path: string): ShellProgram => ({ path, arguments: 'any', runsOtherCode: true })
const make = (programs: readonly ShellProgram[], others: Partial<ShellOptions> = {}) => shell({ root: folders.root, programs, ...others })
const run = (path: string, args: readonly string[], others: Partial<ShellOptions> & { readonly folder?: string } = {}): Promise<string> => {
  const { folder, ...options } = others
  return use(make([anything(path)], options), { program: path, args: [...args], ...(folder !== undefined && { folder }) })
}

test('a result has exit code, stdout and stderr', async () => {
  expect(await run('/bin/sh', ['-c', 'echo out; echo wrong >&2; exit 3'])).toBe('exit code 3\nstdout, 4 bytes:\nout\nstderr, 6 bytes:\nwrong')
  expect(await run('/bin/true', [])).toBe('exit code 0\nstdout: empty\nstderr: empty')
})

test('a result has the signal that ended the program', async () => {
  expect(await run('/bin/sh', ['-c', 'kill -SEGV $$'])).toContain('ended by the signal SIGSEGV')
})

test('arguments reach the program as they are: there is no shell', async () => {
  const args = ['$HOME', '`id`', '; ls', '*', '"a" \'b\'', '> x', 'line\nbreak', '']
  expect(await run('/usr/bin/printf', ['[%s]', ...args])).toContain(args.map((arg) => `[${arg}]`).join(''))
  expect(existsSync(join(folders.root, 'x'))).toBe(false)
})

test('a program gets only the variables that were listed', async () => {
  process.env['CAPSTAN_TEST_SECRET'] = 'TOP-SECRET'
  const text = await run('/usr/bin/env', [], { env: { LANG: 'C', A: '1' } })
  delete process.env['CAPSTAN_TEST_SECRET']
  expect(text).toBe('exit code 0\nstdout, 11 bytes:\nLANG=C\nA=1\nstderr: empty')
})

test('a program has no input', async () => {
  expect(await run('/bin/cat', [])).toBe('exit code 0\nstdout: empty\nstderr: empty')
})

test.each([
  ['the root', undefined, 'root'],
  ['a folder', 'sub', 'root/sub'],
  ['a link that stays inside', 'in', 'root/sub'],
])('a program runs in %s', async (_case, folder, expected) => {
  const text = await run('/bin/pwd', ['-P'], folder === undefined ? {} : { folder })
  expect(text).toContain(`/${expected}\nstderr`)
})

test.each([
  ['a link that leads out', 'out', 'outside the folder'],
  ['a path that leads out', '../outside', '..'],
  ['an absolute path', '/', 'absolute'],
  ['a file', 'sub/a.txt', 'is a file'],
  ['nothing', 'none', 'does not exist'],
])('%s is refused as the folder', async (_case, folder, message) => {
  const text = await run('/bin/pwd', [], { folder })
  expect(text).toMatch(/^error: /)
  expect(text).toContain(message)
  expect(text).not.toContain(folders.base)
})

const listed: readonly ShellProgram[] = [
  { path: '/bin/echo', arguments: [['hello'], ['-n', /\w+/], ['--', { rest: /[a-z]+/ }]] },
  { path: '/bin/true', arguments: [[]] },
]

test.each([
  ['an exact form', '/bin/echo', ['hello'], 'exit code 0'],
  ['a form with a pattern', '/bin/echo', ['-n', 'x1'], 'exit code 0'],
  ['a form with any number', '/bin/echo', ['--', 'a', 'b'], 'exit code 0'],
  ['no arguments', '/bin/true', [], 'exit code 0'],
  ['other arguments', '/bin/echo', ['bye'], 'invalid-input: '],
  ['an argument too many', '/bin/true', ['x'], 'invalid-input: '],
  ['the form of another program', '/bin/true', ['hello'], 'invalid-input: '],
  ['an option in the place of a value', '/bin/echo', ['-n', '-e'], 'invalid-input: '],
  ['a NUL character', '/bin/echo', ['hello\0'], 'invalid-input: '],
  ['a program that is not listed', '/bin/sh', ['-c', 'id'], 'invalid-input: '],
  ['a listed program by its name', 'echo', ['hello'], 'invalid-input: '],
  ['a listed program by another path', '/bin/../bin/echo', ['hello'], 'invalid-input: '],
])('%s: %s %j', async (_case, program, args, expected) => {
  expect(await use(make(listed), { program, args })).toMatch(new RegExp(`^${expected}`))
})

test('nobody is asked about arguments that are not allowed, and a person is about others', async () => {
  const generate = (args: readonly string[]) => {
    const model = callingModel('run_program', JSON.stringify({ program: '/bin/echo', args }))
    return new Agent({ name: 'runner', model, tools: [make(listed)] }).generate('Run it.')
  }
  const refused = await generate(['bye'])
  const asked = await generate(['hello'])
  expect([refused.status, refused.steps[0]?.toolResults[0]?.status]).toEqual(['finished', 'invalid-input'])
  expect(asked.status).toBe('paused')
  expect(JSON.stringify(asked.pending)).toContain('"input":{"program":"/bin/echo","args":["hello"]}')
})

test('needsApproval decides for each call', async () => {
  const seen: unknown[] = []
  const tool = make(listed, { needsApproval: (call) => seen.push(call) < 0 })
  const model = callingModel('run_program', JSON.stringify({ program: '/bin/echo', args: ['hello'] }))
  const result = await new Agent({ name: 'runner', model, tools: [tool] }).generate('Run it.')
  expect([result.steps[0]?.toolResults[0]?.text, seen]).toEqual([
    'exit code 0\nstdout, 6 bytes:\nhello\nstderr: empty',
    [{ program: '/bin/echo', args: ['hello'] }],
  ])
})

test('the description lists programs and forms', () => {
  expect(make(listed).description).toContain('- /bin/echo -n <\\w+>\n- /bin/echo -- <[a-z]+>...\n- /bin/true (no arguments)')
  expect(make([anything('/bin/sh')]).description).toContain('- /bin/sh with any arguments')
})

test.each([
  ['sh', 'interpreter'],
  ['python3.12', 'interpreter'],
  ['perl5.36-x86_64-linux-gnu', 'interpreter'],
  ['nodejs', 'interpreter'],
  ['busybox', 'interpreter'],
  ['node.exe', 'interpreter'],
  ['env', 'launcher'],
  ['xargs', 'launcher'],
  ['npx', 'launcher'],
  ['ld-linux-x86-64.so.2', 'launcher'],
  ['git', 'program-options'],
  ['find', 'program-options'],
  ['gcc-12', 'program-options'],
  ['ls', undefined],
  ['wc', undefined],
])('%s is known as %s', (name, risk) => {
  expect(knownRisk(name)).toBe(risk)
})

test.each<[string, unknown, string]>([
  ['an interpreter', { path: '/bin/sh', arguments: [['-c', 'id']] }, 'is an interpreter'],
  ['a launcher', { path: '/usr/bin/env', arguments: [[]] }, 'starts other programs'],
  ['find with any arguments', { path: '/usr/bin/find', arguments: 'any' }, 'has options that start other programs'],
  ['a name', { path: 'echo', arguments: [[]] }, 'must be the absolute path'],
  ['a program that is missing', { path: '/bin/no-such-program', arguments: [[]] }, 'does not exist or cannot be executed'],
  ['a file that cannot be executed', { path: '/etc/passwd', arguments: [[]] }, 'does not exist or cannot be executed'],
  ['a folder', { path: '/usr/bin', arguments: [[]] }, 'is not a file'],
  ['no arguments', { path: '/bin/echo' }, 'must be a list of forms'],
  ['an empty list of forms', { path: '/bin/echo', arguments: [] }, 'must be a list of forms'],
  ['a form that is not a list', { path: '/bin/echo', arguments: ['hello'] }, 'must be a list of forms'],
  ['a wrong form', { path: '/bin/echo', arguments: [[/a/g]] }, '`programs[0].arguments[0]`: the pattern /a/g has flags'],
  ['an unknown property', { path: '/bin/echo', arguments: [[]], args: [] }, 'Use `programs[0].arguments`'],
])('%s is refused when the tool is made', (_case, program, message) => {
  expect(() => make([program as ShellProgram])).toThrow(expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(message) }))
})

test('an interpreter under another name is found by the file that it is', () => {
  const path = join(folders.outside, 'harmless')
  symlinkSync('/bin/sh', path)
  expect(() => make([{ path, arguments: [[]] }])).toThrow('is an interpreter')
  expect(() => make([{ path, arguments: [[]], runsOtherCode: true }])).not.toThrow()
})

test('find is allowed with forms that do not let -exec pass', async () => {
  const tool = make([{ path: '/usr/bin/find', arguments: [['.', '-name', /[\w.*]+/]] }])
  expect(await use(tool, { program: '/usr/bin/find', args: ['.', '-name', 'a.*'] })).toContain('./sub/a.txt')
  expect(await use(tool, { program: '/usr/bin/find', args: ['.', '-exec', 'id'] })).toMatch(/^invalid-input: /)
  expect(await use(tool, { program: '/usr/bin/find', args: ['.', '-name', 'a', '-delete'] })).toMatch(/^invalid-input: /)
})

test('a program inside the root must be named as one, and one that was replaced does not run', async () => {
  const path = join(folders.root, 'own')
  copyFileSync('/bin/echo', path)
  chmodSync(path, 0o755)
  expect(() => make([{ path, arguments: [[]] }])).toThrow('is inside the root')
  const link = join(folders.outside, 'tool')
  symlinkSync('/bin/echo', link)
  const tool = make([{ path: link, arguments: 'any' }])
  expect(await use(tool, { program: link, args: ['a'] })).toContain('exit code 0')
  unlinkSync(link)
  symlinkSync('/bin/sh', link)
  expect(await use(tool, { program: link, args: ['-c', 'id'] })).toContain('was not run: it is not the program any more')
})

test.each<[string, Partial<ShellOptions>, string]>([
  ['no root', { root: '' }, 'needs the path of a folder'],
  ['no programs', { programs: [] }, 'needs a list of programs'],
  ['a program twice', { programs: [listed[0], listed[0]] as ShellProgram[] }, 'twice'],
  ['a variable that is not a text', { env: { A: 1 } as never }, 'must be an object of texts'],
  ['a variable with a sign of equality', { env: { 'A=B': '1' } }, 'must be an object of texts'],
  ['a timeout of 0', { timeoutMs: 0 }, 'whole number from 1 to 3600000'],
  ['a bound of 10 bytes', { maxOutputBytes: 10 }, 'whole number from 1024'],
  ['an unknown option', { cwd: '/' } as never, '`root`'],
  ['a text for a gate', { needsApproval: 'no' as never }, 'must be true, false or a function'],
])('%s is refused', (_case, options, message) => {
  expect(() => shell({ root: folders.root, programs: listed, ...options })).toThrow(
    expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(message) }),
  )
})

test('arguments that are too long together are an error without a path', async () => {
  const text = await run(
    '/bin/echo',
    Array.from({ length: 200 }, () => 'x'.repeat(10_000)),
    {},
  )
  expect(text).toMatch(/^(?:exit code 0|error: \/bin\/echo was not started: its arguments are too long together)/)
  expect(text).not.toContain(folders.base)
})
