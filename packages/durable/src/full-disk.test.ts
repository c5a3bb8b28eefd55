import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, type Journal } from '@capstan/core'
import { noteTool, replyingModel } from '@capstan/test-kit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fileJournal } from './file/file-journal.ts'
import { fileSessions } from './session/file-sessions.ts'
import { sqliteSessions } from './session/sqlite-sessions.ts'
import { sqliteJournal } from './sqlite/sqlite-journal.ts'
import { type LocalStoreName, localStores, newFolder } from './testing/stores.ts'

const isRoot = process.getuid?.() === 0
const steps = 12

/** A disk of its own. Only root may mount one, and only where the system lets it: elsewhere the tests are skipped. */
function mountDisk(kilobytes: number): { readonly folder: string; readonly grow: (kilobytes: number) => void } | undefined {
  if (process.platform !== 'linux' || !isRoot) return undefined
  const folder = newFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  // SQLite keeps its files open.
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]))
  return { folder, grow: (size) => void execFileSync('mount', ['-o', `remount,size=${size}k`, folder]) }
}

function journalIn(store: LocalStoreName, folder: string): Journal {
  return store === 'file' ? fileJournal(join(folder, 'runs')) : sqliteJournal(join(folder, 'runs.db'))
}

/** Reads something long in each of its steps. */
function reader(chars: number) {
  const read = noteTool('read', { effect: 'read', maxResultBytes: 100_000, execute: () => 'x'.repeat(chars) })
  const model = replyingModel([...Array.from({ length: steps }, (_, index) => ({ calls: [['read', { page: index }] as const] })), { text: 'All read.' }])
  // Everything is kept, so that the disk gets full.
  return { agent: new Agent({ model, tools: [read], history: false, limits: { steps: steps + 1 } }), model, read }
}

// A line of a log, and a value that has a file of its own.
describe.each(localStores.flatMap((store) => [30_000, 90_000].map((chars) => [store, chars] as const)))(
  'on a full disk (%s, results of %i characters)',
  (store, chars) => {
    test('a run ends with an error that names the path and the way to fix it, loses nothing, and continues when there is room', async ({ skip }) => {
      const disk = mountDisk(chars < 50_000 ? 320 : 512)
      if (disk === undefined) return skip('A file system can be mounted only as root on Linux.')
      const first = reader(chars)
      const failed = first.agent.generate('go', { journal: journalIn(store, disk.folder), runId: 'r' })
      await expect(failed).rejects.toMatchObject({
        code: 'journal-failed',
        message: expect.stringMatching(
          /^Writing the journal in .*runs.* failed: .*(?:no space|full).*Nothing that was recorded before is lost\. To fix this, make room/,
        ),
      })
      const kept = (await journalIn(store, disk.folder).read('r')).records.length
      expect(kept).toBeGreaterThan(3)
      // The disk is still full.
      await expect(reader(chars).agent.resume('r', { journal: journalIn(store, disk.folder) }).result).rejects.toMatchObject({ code: 'journal-failed' })
      expect((await journalIn(store, disk.folder).read('r')).records.length).toBeGreaterThanOrEqual(kept)

      disk.grow(16_384)
      const { agent, read, model } = reader(chars)
      const result = await agent.resume('r', { journal: journalIn(store, disk.folder) }).result
      expect(result).toMatchObject({ status: 'finished', text: 'All read.', toolCalls: steps })
      // What was recorded is not done again.
      expect([first.read.inputs.length + read.inputs.length, first.model.requests + model.requests].map((count) => count <= steps + 3)).toEqual([true, true])
      expect((await journalIn(store, disk.folder).list()).runs.map(({ runId }) => runId)).toEqual(['r'])
    })
  },
)

test('a decision that a full disk does not take is an error, and is taken when there is room', async ({ skip }) => {
  const disk = mountDisk(64)
  if (disk === undefined) return skip('A file system can be mounted only as root on Linux.')
  const journal = fileJournal(join(disk.folder, 'runs'))
  const pay = noteTool('pay', { needsApproval: true })
  const agent = new Agent({ model: replyingModel([{ calls: ['pay'] }, { text: 'Paid.' }]), tools: [pay] })
  const { pending } = await agent.generate('go', { journal, runId: 'r' })
  const filler = join(disk.folder, 'filler')
  expect(() => writeFileSync(filler, Buffer.alloc(1_000_000))).toThrow('ENOSPC')
  const decision = { id: pending[0]?.position ?? '', about: 'a', answer: { approve: true } } as never
  await expect(journal.decide('r', decision)).rejects.toMatchObject({ code: 'journal-failed', message: expect.stringContaining('make room on the disk') })
  expect((await journal.read('r')).decisions).toEqual([])
  writeFileSync(filler, '')
  await expect(journal.decide('r', decision)).resolves.toMatchObject({ answer: { approve: true } })
})

const head = { runId: 'r', version: 2 } as never

describe.each(localStores)('a path that cannot be a store (%s)', (store) => {
  const uses = (path: string): readonly (readonly [string, () => Promise<unknown>])[] => {
    const [journal, sessions] = store === 'file' ? [fileJournal(path), fileSessions(path)] : [sqliteJournal(path), sqliteSessions(path)]
    return [
      ['list', () => journal.list()],
      ['read', () => journal.read('r')],
      ['open', () => journal.open('r', head)],
      ['delete', () => journal.delete('r')],
      ['decide', () => journal.decide('r', { id: 'q', about: 'a', answer: { approve: true } } as never)],
      ['sessions', () => sessions.list()],
    ]
  }

  const expectRefused = async (path: string, words: RegExp): Promise<void> => {
    for (const [name, use] of uses(path)) {
      const error = await use().then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect([name, error]).toEqual([name, expect.objectContaining({ code: 'journal-failed', message: expect.stringMatching(words) })])
      expect((error as Error).message).toContain(path)
    }
  }

  test('that is a file, or is below a file, is an error with the way to fix it', async () => {
    const file = join(newFolder(), 'file')
    writeFileSync(file, 'Some text that is long enough to be no database header at all, so that nobody takes it for one.')
    await expectRefused(file, store === 'file' ? /one of them is a file/ : /is not a SQLite database/)
    await expectRefused(join(file, 'below'), /one of them is a file/)
    expect(readFileSync(file, 'utf8')).toMatch(/^Some text/)
  })

  test.skipIf(store === 'file')('that is a folder is an error with the way to fix it', async () => {
    await expectRefused(newFolder(), /use the path of a file/)
  })

  test.skipIf(store === 'file')('that is a damaged database is an error with the way to fix it', async () => {
    const folder = newFolder()
    await sqliteJournal(join(folder, 'runs.db')).list()
    const path = join(folder, 'damaged.db')
    writeFileSync(path, Buffer.concat([readFileSync(join(folder, 'runs.db')).subarray(0, 100), Buffer.alloc(65_436, 7)]))
    await expectRefused(path, /is not a SQLite database, or it is damaged/)
  })

  // Root may read and write everything.
  test.skipIf(isRoot)('that may not be read is an error with the way to fix it', async () => {
    const folder = join(newFolder(), 'closed')
    mkdirSync(folder, { mode: 0o000 })
    await expectRefused(store === 'file' ? folder : join(folder, 'runs.db'), /let the user of this process read and write/)
    chmodSync(folder, 0o700)
  })
})
