import { expect, test } from 'vitest'
import { MemoryArtifacts } from './memory-artifacts.ts'

const mebibyte = 1024 * 1024

test('a value is found under its own key only, and a later one replaces it', async () => {
  const store = new MemoryArtifacts()
  expect(await store.get('r', 'a')).toBeUndefined()
  await store.put('r', 'a', 'first')
  await store.put('s', 'a', 'other')
  await store.put('r', 'a', 'second')
  expect(await Promise.all([store.get('r', 'a'), store.get('s', 'a'), store.get('r', 'b')])).toEqual(['second', 'other', undefined])
})

test('of a run with more than 64 MB the oldest values are dropped, and those of other runs stay', async () => {
  const store = new MemoryArtifacts()
  await store.put('other', 'a', 'kept')
  for (const id of ['a', 'b', 'c', 'd']) await store.put('r', id, 'x'.repeat(16 * mebibyte))
  expect(await store.get('r', 'a')).toHaveLength(16 * mebibyte)
  await store.put('r', 'e', 'ü')
  expect(await store.get('r', 'a')).toBeUndefined()
  expect(await store.get('r', 'b')).toHaveLength(16 * mebibyte)
  expect(await store.get('r', 'e')).toBe('ü')
  expect(await store.get('other', 'a')).toBe('kept')
})

test('a value that replaces one is as new as any, and takes only its own room', async () => {
  const store = new MemoryArtifacts()
  for (const id of ['a', 'b', 'a', 'c', 'a']) await store.put('r', id, 'x'.repeat(20 * mebibyte))
  await store.put('r', 'd', 'x'.repeat(20 * mebibyte))
  expect(await Promise.all(['a', 'b', 'c', 'd'].map(async (id) => (await store.get('r', id))?.length))).toEqual([
    20 * mebibyte,
    undefined,
    20 * mebibyte,
    20 * mebibyte,
  ])
})

test('the values of a run are deleted together', async () => {
  const store = new MemoryArtifacts()
  await store.delete('never')
  await store.put('r', 'a', 'x')
  await store.put('s', 'a', 'y')
  await store.delete('r')
  expect([await store.get('r', 'a'), await store.get('s', 'a')]).toEqual([undefined, 'y'])
  await store.put('s', 'b', 'z')
  await store.delete('s', ['b', 'never'])
  expect([await store.get('s', 'a'), await store.get('s', 'b')]).toEqual([undefined, 'z'])
})
