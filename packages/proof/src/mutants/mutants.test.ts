import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { adapterMutants, toolMutants } from './adapter-mutants.ts'
import { coreMutants } from './core-mutants.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const mutants = [...coreMutants, ...adapterMutants, ...toolMutants]

// Planting them takes minutes: `npm run mutants`. That each can be planted is known at once.
test.each(mutants)('the fault can be planted: $name', ({ file, search, replace }) => {
  const text = readFileSync(`${root}${file}`, 'utf8')
  expect(text.split(search)).toHaveLength(2)
  expect(replace).not.toBe(search)
})

test('there are at least 40 planted faults, each with a name of its own', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  expect(mutants.length).toBeGreaterThanOrEqual(40)
})
