import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresFolder, startPostgres } from '@capstan/test-kit'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { DeskStore } from './desk-store.ts'
import { fileStore } from './file-store.ts'
import { openPool, postgresSql } from './postgres.ts'
import { sqlStore } from './sql-store.ts'
import { openSqlite } from './sqlite.ts'

const hasSqlite = process.getBuiltinModule('node:sqlite') !== undefined
const folder = (): string => mkdtempSync(join(tmpdir(), 'desk-store-'))
/** Where several processes may begin at the same time. */
const several = ['PostgreSQL']
const wanted = { key: 'run/1', customer: 'mia', order: 'A-1001', cents: 4_990, reason: 'Broken.' }

/** Opens the same data again and again, as processes do one after the other. */
type Reopen = () => Promise<DeskStore>

const stores: readonly (readonly [name: string, why: string | undefined, begin: () => Promise<Reopen>])[] = [
  [
    'a file',
    undefined,
    async () =>
      (
        (path) => () =>
          fileStore(path)
      )(join(folder(), 'desk.jsonl')),
  ],
  [
    'SQLite',
    hasSqlite ? undefined : 'this Node has no node:sqlite',
    async () =>
      (
        (path) => async () =>
          await sqlStore('SQLite', openSqlite(path) ?? never())
      )(join(folder(), 'desk.sqlite')),
  ],
  [
    'PostgreSQL',
    postgresFolder() === undefined ? 'PostgreSQL (Debian: postgresql) is not installed' : undefined,
    async () => {
      const server = await startPostgres()
      onTestFinished(() => server.stop())
      return () => sqlStore('PostgreSQL', postgresSql(openPool(server.urlOf('postgres'))))
    },
  ],
]

describe.each(stores)('%s', (name, why, begin) => {
  test.skipIf(why !== undefined)(
    `pays a key once, never more than was paid, and only for the customer's own orders${why ? `: skipped, ${why}` : ''}`,
    async () => {
      const reopen = await begin()
      const [store = never(), ...others] = await Promise.all(several.includes(name) ? [reopen(), reopen(), reopen()] : [reopen()])
      for (const other of others) await other.close()
      const twice = await Promise.all([store.refund(wanted), store.refund(wanted)])
      expect(twice).toEqual(Array(2).fill({ key: 'run/1', order: 'A-1001', cents: 4_990, reason: 'Broken.', state: 'sent' }))
      // Two at the same time want 1,500 of the 1,850 that are left.
      const both = await Promise.allSettled(['run/2', 'run/3'].map((key) => store.refund({ ...wanted, key, cents: 1_500 })))
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      await expect(store.refund({ ...wanted, key: 'run/4', cents: 351 })).rejects.toThrow('Only 350 cents are left of order A-1001')
      await expect(store.refund({ ...wanted, key: 'run/5', customer: 'noor' })).rejects.toThrow('The customer has no order A-1001')
      // A large refund cannot be divided into small ones that nobody sees, not even at the same time.
      const small = ['run/7', 'run/8', 'run/9'].map((key) => store.refund({ ...wanted, key, order: 'A-1002', cents: 900, freeCents: 2_000 }))
      expect((await Promise.allSettled(small)).map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected'])
      await expect(store.refund({ ...wanted, key: 'run/10', order: 'A-1002', cents: 201, freeCents: 2_000 })).rejects.toThrow('2000 cents together')
      await store.confirmRefund('run/1')
      await store.addEmail({ key: 'run/6', customer: 'mia', to: "o'hara@home.example", subject: "'; DROP TABLE desk_orders; --", body: 'x' })
      await store.close()

      const again = await reopen()
      expect(await again.refund(wanted)).toMatchObject({ key: 'run/1', state: 'confirmed' })
      expect((await again.refunds()).map(({ cents }) => cents).sort()).toEqual([1_500, 4_990, 900, 900])
      expect((await again.ordersOf('mia'))[0]).toMatchObject({ id: 'A-1001', refundedCents: 6_490 })
      expect((await again.emails()).map(({ to }) => to)).toEqual(["o'hara@home.example"])
      await again.close()
    },
  )
})

test('a line that a killed process left half written does not count, and is removed', async () => {
  const path = join(folder(), 'desk.jsonl')
  const first = await fileStore(path)
  await first.refund(wanted)
  await first.close()
  appendFileSync(path, '{"type":"refund","refund":{"key":"run/2","or')
  const second = await fileStore(path)
  expect(await second.refunds()).toHaveLength(1)
  await second.refund({ ...wanted, key: 'run/3', cents: 1 })
  await second.close()
  expect(
    readFileSync(path, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).refund.key),
  ).toEqual(['run/1', 'run/3'])
})

function never(): never {
  throw new Error('It cannot be opened.')
}
