import { randomUUID } from 'node:crypto'
import type { RunHead } from '@capstan/core'
import { describe, expect, test } from 'vitest'
import type { DurableJournal } from './journal.ts'
import { journalsOf, startServer, stores } from './testing/stores.ts'

startServer()

const head: RunHead = { version: 2, runId: 'r', definition: { format: 1, instructions: null, tools: {}, hooks: [], output: null }, input: [] }

/** The run loses its owner: a person takes it by force. */
async function takeOver(journal: (options?: { readonly force?: boolean }) => DurableJournal) {
  const old = journal()
  const lost = await old.open('r', head)
  const next = journal({ force: true })
  return { old, lost, next, run: await next.open('r') }
}

describe.each(stores)('large values in a journal (%s)', (store) => {
  test.each(['a text', '', '\u0000', '\ud800', '"\\{NULL,}\n\r\u2028', 'ü😀'])('a text is read unchanged by another journal: %j', async (text) => {
    const journal = journalsOf(store)
    await journal().artifacts.put('r', 'steps/3/tools/0', text)
    expect(await journal().artifacts.get('r', 'steps/3/tools/0')).toBe(text)
  })

  test('a text of 16,777,216 characters is kept', async () => {
    const { artifacts } = journalsOf(store)()
    const text = randomUUID().repeat(466_034).slice(0, 16_777_216)
    await artifacts.put('r', 'a', text)
    expect((await artifacts.get('r', 'a')) === text).toBe(true)
  }, 60_000)

  test.each([['/../x', '%2f'], ['a\0b'], ['\udfff', '\udffe'], ['ü'.repeat(3_000)], ['']])(
    'an id may have any length and any character: %j',
    async (...ids) => {
      const { artifacts } = journalsOf(store)()
      for (const id of ids) await artifacts.put('r', id, `value of ${id}`)
      for (const id of ids) expect(await artifacts.get('r', id)).toBe(`value of ${id}`)
    },
  )

  test('a value that is not kept is not there, and a later text replaces the earlier one', async () => {
    const { artifacts } = journalsOf(store)()
    expect(await artifacts.get('r', 'a')).toBeUndefined()
    await artifacts.put('r', 'a', 'first')
    await artifacts.put('s', 'a', 'other')
    await artifacts.put('r', 'a', 'second')
    expect(await Promise.all([artifacts.get('r', 'a'), artifacts.get('s', 'a'), artifacts.get('r', 'b')])).toEqual(['second', 'other', undefined])
  })

  test('values of runs that the journal does not have can be kept and deleted, and such runs are not listed', async () => {
    const journal = journalsOf(store)()
    await journal.artifacts.put('on-an-engine', 'a', 'text')
    expect((await journal.list()).runs).toEqual([])
    await journal.artifacts.delete('on-an-engine')
    await journal.artifacts.delete('never-there')
    expect(await journal.artifacts.get('on-an-engine', 'a')).toBeUndefined()
  })

  test('the values of a run are deleted with it, and those of others stay', async () => {
    const journal = journalsOf(store)()
    for (const runId of ['r', 's']) {
      const run = await journal.open(runId, { ...head, runId })
      await journal.artifacts.put(runId, 'a', runId)
      await run.close()
    }
    await journal.delete('r')
    expect([await journal.artifacts.get('r', 'a'), await journal.artifacts.get('s', 'a')]).toEqual([undefined, 's'])
  })

  test('values that something else refers to stay when the run is deleted', async () => {
    const journal = journalsOf(store)
    const run = await journal().open('r', head)
    for (const id of ['a', 'ü/..', 'b']) await journal().artifacts.put('r', id, `value of ${id}`)
    await run.close()
    await journal().delete('r', ['ü/..', 'never'])
    await expect(journal().read('r')).rejects.toMatchObject({ code: 'run-not-found' })
    expect((await journal().list()).runs).toEqual([])
    expect(await Promise.all(['a', 'ü/..', 'b'].map((id) => journal().artifacts.get('r', id)))).toEqual([undefined, 'value of ü/..', undefined])
    // A new run may have the id, and what was kept can be removed.
    await (await journal().open('r', head)).close()
    await journal().artifacts.put('r', 'c', 'new')
    await journal().artifacts.delete('r', ['c'])
    expect(await Promise.all(['ü/..', 'c'].map((id) => journal().artifacts.get('r', id)))).toEqual([undefined, 'new'])
    await journal().delete('r')
    expect(await journal().artifacts.get('r', 'c')).toBeUndefined()
  })

  test('an owner that lost its run cannot replace a value, and the next owner can', async () => {
    const { old, lost, next, run } = await takeOver(journalsOf(store))
    await next.artifacts.put('r', 'a', 'of the next owner')
    await expect(old.artifacts.put('r', 'a', 'late')).rejects.toMatchObject({ code: 'run-locked' })
    expect(await old.artifacts.get('r', 'a')).toBe('of the next owner')
    await run.close()
    await lost.close()
  })

  test('many values at once are kept', async () => {
    const journal = journalsOf(store)()
    const run = await journal.open('r', head)
    const ids = Array.from({ length: 30 }, (_, index) => `steps/${index}/tools/0`)
    await Promise.all(ids.flatMap((id) => [journal.artifacts.put('r', id, id.repeat(10_000)), run.append([{ type: 'question', id, about: 1 }], true)]))
    await run.close()
    expect(await Promise.all(ids.map((id) => journal.artifacts.get('r', id)))).toEqual(ids.map((id) => id.repeat(10_000)))
  })
})
