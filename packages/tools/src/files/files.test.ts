import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from '@capstan/core'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callTool, makeCall } from '../testing/call.ts'
import { files } from './index.ts'
import { checkPath, Jail } from './jail.ts'
import { readLines } from './read-lines.ts'

const base = mkdtempSync(join(tmpdir(), 'capstan-files-'))
const root = join(base, 'root')
const secret = 'TOP-SECRET'
const [listFiles, readFile, searchFiles] = files({ root })

beforeAll(() => {
  mkdirSync(join(root, 'src', 'deep', 'deeper', 'deepest'), { recursive: true })
  mkdirSync(join(root, 'node_modules', 'dep'), { recursive: true })
  mkdirSync(join(base, 'outside'))
  mkdirSync(join(base, 'root-sibling'))
  writeFileSync(join(base, 'outside', 'secret.txt'), secret)
  writeFileSync(join(base, 'root-sibling', 'secret.txt'), secret)
  writeFileSync(join(root, 'readme.md'), 'one\ntwo\r\nthree Needle\n')
  writeFileSync(join(root, 'empty.txt'), '')
  writeFileSync(join(root, 'binary.bin'), Buffer.from([1, 0, 2]))
  writeFileSync(join(root, 'latin.txt'), Buffer.from([0x67, 0x72, 0xfc]))
  writeFileSync(join(root, 'src', 'index.ts'), `// needle\n${'x'.repeat(5_000)}needle\n`)
  writeFileSync(join(root, 'src', 'deep', 'deeper', 'deepest', 'end.txt'), 'needle')
  writeFileSync(join(root, 'node_modules', 'dep', 'index.js'), 'needle')
  writeFileSync(join(root, 'long.txt'), Array.from({ length: 5_000 }, (_value, index) => `line ${index + 1}`).join('\n'))
  symlinkSync(join(root, 'readme.md'), join(root, 'link-in'))
  symlinkSync(join(base, 'outside'), join(root, 'link-out'))
  symlinkSync('../../outside/secret.txt', join(root, 'src', 'link-file'))
  symlinkSync('loop', join(root, 'loop'))
  execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'fifo')])
})

afterAll(() => rmSync(base, { recursive: true }))

async function ask(tool: typeof readFile, input: Json): Promise<string> {
  const { status, text } = await callTool(tool, input, makeCall())
  return status === 'ok' ? text : `${status}: ${text}`
}

test('a file is read, and the first line of the output says which lines were read', async () => {
  expect(await ask(readFile, { path: 'readme.md' })).toBe('readme.md, lines 1 to 3, 22 bytes in all; then the end of the file:\none\ntwo\nthree Needle')
})

test('offset and limit count lines, from 1', async () => {
  expect(await ask(readFile, { path: 'readme.md', offset: 2, limit: 1 })).toBe('readme.md, lines 2 to 2, 22 bytes in all; then more lines follow:\ntwo')
})

test('a link that stays inside is followed', async () => {
  expect(await ask(readFile, { path: 'link-in' })).toContain('three Needle')
})

test.each([
  ['a file without an offset stops at 500 lines', { path: 'long.txt' }, 'lines 1 to 500, '],
  ['a file is read on at an offset', { path: 'long.txt', offset: 4_999 }, 'then the end of the file:\nline 4999\nline 5000'],
  ['an offset after the end', { path: 'long.txt', offset: 6_000 }, 'fewer than 6,000 lines'],
  ['an empty file', { path: 'empty.txt' }, 'empty.txt is empty.'],
  ['a binary file', { path: 'binary.bin' }, 'binary.bin is a binary file of 3 bytes: not shown.'],
  ['a file that is not UTF-8', { path: 'latin.txt' }, 'binary file of 3 bytes'],
])('%s says so', async (_case, input, message) => {
  expect(await ask(readFile, input)).toContain(message)
})

test.each([
  ['..', '..'],
  ['../outside/secret.txt', '..'],
  ['src/../../outside/secret.txt', '..'],
  ['../root-sibling/secret.txt', '..'],
  ['/etc/passwd', 'absolute'],
  [join(base, 'outside', 'secret.txt'), 'absolute'],
  ['C:\\secret', 'absolute'],
  ['C:secret', 'absolute'],
  ['\\\\server\\share', 'absolute'],
  ['//server/share', 'absolute'],
  ['\\\\?\\C:\\secret', 'absolute'],
  ['..\\outside', 'backslash'],
  ['a\0b', 'NUL'],
  ['link-out', 'outside the folder'],
  ['link-out/secret.txt', 'outside the folder'],
  ['src/link-file', 'outside the folder'],
  ['loop', 'outside the folder'],
  ['nope', 'does not exist'],
  ['readme.md/x', 'does not exist'],
  ['x'.repeat(300), 'too long'],
  ['x'.repeat(5_000), '5000 characters'],
  ['fifo', 'neither a file nor a folder'],
  ['src', 'is a folder'],
])('the path %j is refused', async (path, message) => {
  const text = await ask(readFile, { path })
  expect(text).toMatch(/^error: /)
  expect(text).toContain(message)
  expect(text).not.toContain(secret)
  expect(text.replace(JSON.stringify(path), '')).not.toContain(base)
})

test.each(['con', 'NUL.txt', 'src/com1', 'file.txt::$DATA', 'name.', 'conin$'])('%s is refused on Windows', (path) => {
  expect(() => checkPath(path, 'win32')).toThrow('device')
  expect(() => checkPath(path, 'linux')).not.toThrow()
})

test('a folder is listed three levels deep, links named, node_modules not entered', async () => {
  expect(await ask(listFiles, {})).toBe(
    [
      'binary.bin',
      'empty.txt',
      'fifo (neither file nor folder)',
      'latin.txt',
      'link-in (symbolic link)',
      'link-out (symbolic link)',
      'long.txt',
      'loop (symbolic link)',
      'node_modules/ (not entered)',
      'readme.md',
      'src/',
      'src/deep/',
      'src/deep/deeper/',
      'src/index.ts',
      'src/link-file (symbolic link)',
      '(15 entries; folders below 3 levels were not entered)',
    ].join('\n'),
  )
})

test('a skipped folder is listed if the path leads into it', async () => {
  expect(await ask(listFiles, { path: 'node_modules' })).toContain('node_modules/dep/index.js')
})

test('a path to a file is not an error of list_files', async () => {
  expect(await ask(listFiles, { path: 'readme.md' })).toBe('readme.md is a file of 22 bytes.')
})

test('a listing stops at 500 entries and says so', async () => {
  const many = join(base, 'many')
  mkdirSync(many)
  for (let index = 0; index < 600; index++) writeFileSync(join(many, `file${index}`), '')
  const [list] = files({ root: many })
  expect(await ask(list, {})).toContain('(500 entries; stopped at 500')
})

test('a search finds plain text in any case, with path and line, and shortens long lines', async () => {
  const lines = (await ask(searchFiles, { query: 'NEEDLE' })).split('\n')
  expect(lines[0]).toBe('readme.md:3: three Needle')
  expect(lines[1]).toBe('src/index.ts:1: // needle')
  expect(lines[2]).toMatch(/^src\/index\.ts:2: …x+needle…$/)
  expect(lines[3]).toBe('src/deep/deeper/deepest/end.txt:1: needle')
  expect(lines[4]).toBe('(4 matching lines in 7 files; 2 files were not searched, because they are binary, unreadable or larger than 2,097,152 bytes)')
})

test('the query of a search is plain text, not a pattern', async () => {
  expect(await ask(searchFiles, { query: 'n.*e' })).toContain('(0 matching lines')
})

test('a search works in one file, and in a skipped folder if the path leads into it', async () => {
  expect(await ask(searchFiles, { query: 'two', path: 'readme.md' })).toContain('readme.md:2: two')
  expect(await ask(searchFiles, { query: 'needle', path: 'node_modules' })).toContain('node_modules/dep/index.js:1: needle')
})

test('a search stops at 100 lines and says so', async () => {
  expect(await ask(searchFiles, { query: 'line', path: 'long.txt' })).toContain('(100 matching lines in 1 files; stopped at 100')
})

test.each(['', '  ', 'a\nb'])('the query %j is refused', async (query) => {
  expect(await ask(searchFiles, { query })).toMatch(/^error: The query/)
})

test('the tools stop when the signal aborts', async () => {
  const controller = new AbortController()
  const running = searchFiles.run({ query: 'needle' }, makeCall({ signal: controller.signal }))
  controller.abort()
  expect(await running).toMatchObject({ status: 'abandoned' })
})

test('a root that is itself a link works, and a missing root is reported', async () => {
  const link = join(base, 'root-link')
  symlinkSync(root, link)
  expect(await ask(files({ root: link })[1], { path: 'readme.md' })).toContain('three Needle')
  expect(await ask(files({ root: join(base, 'missing') })[0], {})).toContain('"." does not exist')
})

test('a root that is not a path is refused when the tools are made', () => {
  expect(() => files({ root: '' })).toThrow('root')
})

test('an unknown option is refused, and the message names the right one', () => {
  expect(() => files({ path: root } as never)).toThrow(expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining('`root`') }))
})

test('a long line is cut to its beginning, with a note that gives its length', async () => {
  const path = join(base, 'long-line.txt')
  writeFileSync(path, `${'x'.repeat(3_000_000)}\r\nshort\r\n${'y'.repeat(100)}`)
  const handle = await open(path)
  const lines: { text: string; length: number }[] = []
  for await (const { text, length } of readLines(handle, { maxBytes: 1e9, maxLineLength: 50, signal: new AbortController().signal }))
    lines.push({ text, length })
  await handle.close()
  expect(lines).toEqual([
    { text: 'x'.repeat(50), length: 3_000_000 },
    { text: 'short', length: 5 },
    { text: 'y'.repeat(50), length: 100 },
  ])
})

test('reading a file of one long line takes little memory, and the output says how much is left out', async () => {
  const own = mkdtempSync(join(tmpdir(), 'capstan-long-'))
  writeFileSync(join(own, 'one-line.txt'), 'z'.repeat(8_000_000))
  const [, readLong] = files({ root: own })
  const text = await ask(readLong, { path: 'one-line.txt' })
  rmSync(own, { recursive: true })
  expect(text).toContain('of 8,000,000 characters of this line left out …]')
  expect(text).toContain('then the end of the file')
  expect(text.length).toBeLessThan(41_000)
})

test.each([
  ['a\n(2 entries)', '"a\\n(2 entries)"'],
  ['b\rc', '"b\\rc"'],
  ['d\u2028e', '"d\\u2028e"'],
  ['\u202egpj.exe', '"\\u202egpj.exe"'],
  ['f (symbolic link)', '"f (symbolic link)"'],
  ['gg:1: needle', '"gg:1: needle"'],
  ['"h"', '"\\"h\\""'],
  ['i\u{e0041}', '"i\\udb40\\udc41"'],
  [' j', '" j"'],
  ['plain ä-1.txt', 'plain ä-1.txt'],
])('the file name %j cannot forge a line: it is shown as %s', async (name, shown) => {
  const own = mkdtempSync(join(tmpdir(), 'capstan-names-'))
  writeFileSync(join(own, name), 'a needle\rforged:1: needle')
  const [list, read, search] = files({ root: own })
  const texts = [await ask(list, {}), await ask(read, { path: name }), await ask(search, { query: 'needle' })]
  rmSync(own, { recursive: true })
  expect(texts).toEqual([
    `${shown}\n(1 entries)`,
    expect.stringContaining(`${shown}, lines 1 to 1`),
    `${shown}:1: a needle\\u000dforged:1: needle\n(1 matching lines in 1 files)`,
  ])
})

test('a folder that is repeatedly replaced by a link never leads outside', async () => {
  const inside = join(root, 'swap')
  mkdirSync(inside)
  writeFileSync(join(inside, 'secret.txt'), 'harmless')
  symlinkSync(join(base, 'outside'), join(base, 'evil'))
  let isRunning = true
  const swapping = (async () => {
    while (isRunning) {
      renameSync(inside, join(base, 'parked'))
      renameSync(join(base, 'evil'), inside)
      await new Promise((resolve) => setImmediate(resolve))
      renameSync(inside, join(base, 'evil'))
      renameSync(join(base, 'parked'), inside)
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  const texts: string[] = []
  for (let round = 0; round < 300; round++) texts.push(await ask(readFile, { path: 'swap/secret.txt' }))
  isRunning = false
  await swapping
  expect(texts.filter((text) => text.includes(secret))).toEqual([])
  rmSync(inside, { recursive: true })
})

test('no path of any form opens anything outside', async () => {
  const jail = new Jail(root)
  const piece = fc.constantFrom(
    '..',
    '.',
    '',
    'src',
    'link-out',
    'link-in',
    'secret.txt',
    'root-sibling',
    'loop',
    '~',
    '%2e%2e',
    '..%2f',
    '\\',
    ' ',
    'con',
    '\u2024\u2024',
    'readme.md',
    base,
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), fc.constantFrom('/', '//', '\\', '/./'), async (pieces, separator) => {
      const entry = await jail.open(pieces.join(separator)).catch(() => undefined)
      await entry?.handle.close()
      expect(entry === undefined || entry.realPath === root || entry.realPath.startsWith(`${root}/`)).toBe(true)
    }),
    { numRuns: 1_000 },
  )
})
