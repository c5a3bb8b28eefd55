import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent } from '@capstan/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { callingModel } from '../testing/calling-model.ts'
import { type FileRoot, makeFileRoot, use } from '../testing/file-root.ts'
import { fileChanges, files } from './index.ts'

let folders: FileRoot
let tools: ReturnType<typeof fileChanges>

beforeEach(() => {
  folders = makeFileRoot()
  tools = fileChanges({ root: folders.root })
})

afterEach(() => folders.remove())

const at = (...path: readonly string[]): string => join(folders.root, ...path)
const content = (...path: readonly string[]): string => readFileSync(at(...path), 'utf8')
/** The path in the trash that a result names. */
const trashed = (text: string): string => /\.trash\/[0-9a-f]{20}(?:-\d+)?\/[^ ;]+?(?=[.;] |\.$|;|$)/.exec(text)?.[0] ?? ''
const names = (): readonly string[] => readdirSync(folders.root, { recursive: true }).map(String).sort()

test('a file is written, with the folders on its way, and nothing else is left', async () => {
  expect(await use(tools[0], { path: 'a/b/new.txt', content: 'one\ntwo\n' })).toBe('Wrote a/b/new.txt: 8 bytes.')
  expect(content('a/b/new.txt')).toBe('one\ntwo\n')
  expect(names()).toEqual(['a', 'a/b', 'a/b/new.txt'])
})

test('a file that exists is replaced only when the call says so, and the former file is in the trash', async () => {
  writeFileSync(at('a.txt'), 'old', { mode: 0o640 })
  expect(await use(tools[0], { path: 'a.txt', content: 'new' })).toContain('error: a.txt exists already, with other content. Use edit_file')
  expect(content('a.txt')).toBe('old')
  const text = await use(tools[0], { path: 'a.txt', content: 'new', replace: true })
  expect(text).toContain('Replaced a.txt: 3 bytes. The former file is .trash/')
  expect([content('a.txt'), content(trashed(text))]).toEqual(['new', 'old'])
  expect(statSync(at('a.txt')).mode & 0o777).toBe(0o640)
})

test('a text is edited; permissions, byte order mark and line ends stay', async () => {
  writeFileSync(at('run.sh'), '\uFEFFa\r\nb\r\nc\r\n')
  chmodSync(at('run.sh'), 0o755)
  const text = await use(tools[1], { path: 'run.sh', old_text: 'b\nc', new_text: 'x\ny\nz' })
  expect(text).toContain('Edited run.sh at line 2: 2 lines became 3 lines. The former file is .trash/')
  expect(content('run.sh')).toBe('\uFEFFa\r\nx\r\ny\r\nz\r\n')
  expect(statSync(at('run.sh')).mode & 0o777).toBe(0o755)
})

test('a replaced file keeps byte order mark and line ends', async () => {
  writeFileSync(at('a.csv'), '\uFEFFa;b\r\n1;2\r\n')
  await use(tools[0], { path: 'a.csv', content: 'a;b\n3;4\n', replace: true })
  expect(content('a.csv')).toBe('\uFEFFa;b\r\n3;4\r\n')
})

test('a file that is a hard link is replaced under its own name only', async () => {
  writeFileSync(at('a.txt'), 'shared')
  linkSync(at('a.txt'), at('b.txt'))
  await use(tools[1], { path: 'a.txt', old_text: 'shared', new_text: 'own' })
  expect([content('a.txt'), content('b.txt')]).toEqual(['own', 'shared'])
})

test.each([
  ['a missing text', { path: 'a.txt', old_text: 'three', new_text: 'x' }, 'a.txt was not changed: old_text does not occur in it'],
  ['a text that is there twice', { path: 'a.txt', old_text: 'o', new_text: 'x' }, 'a.txt was not changed: old_text occurs more than once, at lines 1, 2'],
  ['a missing file', { path: 'no.txt', old_text: 'a', new_text: 'b' }, 'no.txt does not exist. Use write_file'],
  ['a folder', { path: 'folder', old_text: 'a', new_text: 'b' }, '"folder" is a folder'],
  ['a binary file', { path: 'binary', old_text: 'a', new_text: 'b' }, 'binary is not text in UTF-8'],
  ['a file in another encoding', { path: 'latin', old_text: 'a', new_text: 'b' }, 'latin is not text in UTF-8'],
  ['a file of 3 MB', { path: 'large', old_text: 'a', new_text: 'b' }, 'large is larger than 2,097,152 bytes'],
  ['a read-only file', { path: 'fixed', old_text: 'a', new_text: 'b' }, '"fixed" is read-only'],
])('edit_file: %s is refused, and the file stays as it was', async (_case, input, message) => {
  writeFileSync(at('a.txt'), 'one\ntwo\n')
  mkdirSync(at('folder'))
  writeFileSync(at('binary'), Buffer.from([97, 0, 98]))
  writeFileSync(at('latin'), Buffer.from([97, 0xfc, 98]))
  writeFileSync(at('large'), 'x'.repeat(3_000_000))
  writeFileSync(at('fixed'), 'a', { mode: 0o444 })
  const before = names()
  expect(await use(tools[1], input)).toContain(`error: ${message}`)
  expect(content('a.txt')).toBe('one\ntwo\n')
  expect(names()).toEqual(before)
})

test('a file and a folder are moved; what exists is never replaced', async () => {
  writeFileSync(at('a.txt'), 'a')
  writeFileSync(at('b.txt'), 'b')
  mkdirSync(at('empty'))
  expect(await use(tools[2], { path: 'a.txt', to: 'b.txt' })).toBe('error: "b.txt" exists already.')
  expect(await use(tools[2], { path: 'a.txt', to: 'empty' })).toBe('error: "empty" exists already.')
  expect(await use(tools[2], { path: 'a.txt', to: 'new/c.txt' })).toBe('Moved a.txt to new/c.txt.')
  expect(await use(tools[2], { path: 'new', to: 'empty' })).toBe('error: "empty" exists already.')
  expect(await use(tools[2], { path: 'new', to: 'new/inside' })).toContain('cannot be moved into itself')
  expect(await use(tools[2], { path: 'new', to: 'other' })).toBe('Moved new to other.')
  expect([content('b.txt'), content('other/c.txt'), existsSync(at('a.txt'))]).toEqual(['b', 'a', false])
})

test('what is deleted can be brought back from the trash', async () => {
  mkdirSync(at('docs'))
  writeFileSync(at('docs', 'a.txt'), 'a')
  const text = await use(tools[3], { path: 'docs' })
  expect(text).toMatch(/^Deleted docs\. It is now \.trash\/[0-9a-f]{20}\/docs; move_file brings it back\.$/)
  expect(existsSync(at('docs'))).toBe(false)
  expect(await use(tools[2], { path: trashed(text), to: 'docs' })).toContain('Moved .trash/')
  expect(content('docs/a.txt')).toBe('a')
})

test('the trash is for its owner only, stays out of commits, and is not listed or searched', async () => {
  writeFileSync(at('a.txt'), 'needle')
  await use(tools[3], { path: 'a.txt' })
  const [list, , search] = files({ root: folders.root })
  expect(statSync(at('.trash')).mode & 0o777).toBe(0o700)
  expect(content('.trash/.gitignore')).toBe('*\n')
  expect(await use(list, {})).toBe('.trash/ (not entered)\n(1 entries)')
  expect(await use(search, { query: 'needle' })).toContain('(0 matching lines')
})

test('a link inside is followed by write and edit, and deleted as a link', async () => {
  writeFileSync(at('real.txt'), 'old')
  symlinkSync('real.txt', at('link'))
  await use(tools[1], { path: 'link', old_text: 'old', new_text: 'new' })
  await use(tools[3], { path: 'link' })
  expect(content('real.txt')).toBe('new')
  expect(existsSync(at('link'))).toBe(false)
  expect(readdirSync(folders.root).sort()).toEqual(['.trash', 'real.txt'])
})

test('calls of one step happen one after the other, so no edit is lost', async () => {
  writeFileSync(at('a.txt'), Array.from({ length: 20 }, (_value, index) => `<${index}>`).join('\n'))
  const edits = Array.from({ length: 20 }, (_value, index) => use(tools[1], { path: 'a.txt', old_text: `<${index}>`, new_text: `done ${index}` }))
  expect((await Promise.all(edits)).filter((text) => !text.startsWith('Edited'))).toEqual([])
  expect(content('a.txt')).toBe(Array.from({ length: 20 }, (_value, index) => `done ${index}`).join('\n'))
})

test('a repeated call changes nothing more', async () => {
  writeFileSync(at('edit.txt'), 'a')
  writeFileSync(at('gone.txt'), 'x')
  writeFileSync(at('write.txt'), 'old')
  const edit = { path: 'edit.txt', old_text: 'a', new_text: 'aa b' }
  const write = { path: 'write.txt', content: 'new', replace: true }
  const first = [await use(tools[1], edit, 'k1'), await use(tools[3], { path: 'gone.txt' }, 'k2'), await use(tools[0], write, 'k3')]
  const again = [await use(tools[1], edit, 'k1'), await use(tools[3], { path: 'gone.txt' }, 'k2'), await use(tools[0], write, 'k3')]
  expect(again).toEqual(['Edited edit.txt at line 1: 1 line became 1 line.', first[1], 'write.txt has exactly this content: 3 bytes.'])
  expect([content('edit.txt'), content('write.txt')]).toEqual(['aa b', 'new'])
})

test('a repeated edit of a file that changed since is refused', async () => {
  writeFileSync(at('a.txt'), 'a')
  const edit = { path: 'a.txt', old_text: 'a', new_text: 'aa' }
  await use(tools[1], edit, 'k')
  writeFileSync(at('a.txt'), 'a!')
  expect(await use(tools[1], edit, 'k')).toBe('error: a.txt was edited by this call before, and has changed since. Read it to see what it contains now.')
  expect(content('a.txt')).toBe('a!')
})

test('another call with the same input is a call of its own', async () => {
  const edit = { path: 'a.txt', old_text: 'a', new_text: 'b' }
  for (const text of ['a 1', 'a 2']) {
    writeFileSync(at('a.txt'), text)
    expect(await use(tools[1], edit)).toContain('Edited a.txt at line 1')
  }
  expect(content('a.txt')).toBe('b 2')
})

test('a call that was killed before its last step is completed when it is repeated', async () => {
  writeFileSync(at('a.txt'), 'a')
  writeFileSync(at('m.txt'), 'm')
  const edit = { path: 'a.txt', old_text: 'a', new_text: 'b' }
  const kept = trashed(await use(tools[1], edit, 'k'))
  const key = kept.split('/')[1] ?? ''
  // What a process leaves that is killed between the steps: the file has its second name, and the draft is there.
  renameSync(at(kept), at('former'))
  rmSync(at('a.txt'))
  linkSync(at('former'), at(kept))
  renameSync(at('former'), at('a.txt'))
  writeFileSync(at(`.capstan-${key}.tmp`), 'half')
  linkSync(at('m.txt'), at('n.txt'))
  expect(await use(tools[1], edit, 'k')).toContain('Edited a.txt at line 1')
  expect(await use(tools[2], { path: 'm.txt', to: 'n.txt' })).toBe('Moved m.txt to n.txt.')
  expect([content('a.txt'), content(kept), content('n.txt')]).toEqual(['b', 'a', 'm'])
  expect(readdirSync(folders.root).sort()).toEqual(['.trash', 'a.txt', 'n.txt'])
})

test('a run with the id of an earlier run can do the same again', async () => {
  for (const text of ['first', 'second', 'third']) {
    writeFileSync(at('a.txt'), text)
    expect(await use(tools[3], { path: 'a.txt' }, 'same')).toContain('Deleted a.txt. It is now .trash/')
  }
  const kept = readdirSync(at('.trash')).filter((name) => name !== '.gitignore')
  expect(kept.map((name) => content('.trash', name, 'a.txt')).sort()).toEqual(['first', 'second', 'third'])
})

test('a person is asked before anything changes, and is shown path and text', async () => {
  const model = callingModel('write_file', JSON.stringify({ path: 'a.txt', content: 'Hello' }))
  const agent = new Agent({ name: 'writer', model, tools })
  const paused = await agent.generate('Write it.')
  expect([paused.status, existsSync(at('a.txt'))]).toEqual(['paused', false])
  expect(JSON.stringify(paused.pending)).toContain('"input":{"path":"a.txt","content":"Hello"}')
})

test('needsApproval decides for each change, from its clean path', async () => {
  const seen: unknown[] = []
  const own = fileChanges({ root: folders.root, needsApproval: (change) => seen.push(change) < 0 })
  const model = callingModel('move_file', JSON.stringify({ path: './a//b.txt', to: 'c.txt' }))
  mkdirSync(at('a'))
  writeFileSync(at('a', 'b.txt'), 'b')
  const result = await new Agent({ name: 'mover', model, tools: own }).generate('Move it.')
  expect([result.status, seen, content('c.txt')]).toEqual(['finished', [{ tool: 'move_file', path: 'a/b.txt', to: 'c.txt' }], 'b'])
})

test.each([
  ['no root', { root: '' }, 'needs the path of a folder'],
  ['an unknown option', { root: 'x', approve: false }, '`needsApproval`'],
  ['a text for a gate', { root: 'x', needsApproval: 'no' }, 'must be true, false or a function'],
])('%s is refused when the tools are made', (_case, options, message) => {
  expect(() => fileChanges(options as never)).toThrow(expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(message) }))
})
