import { expect, test } from 'vitest'
import { allCases } from '../cases/all-cases.ts'
import { allMutants } from './all-mutants.ts'
import { sourceOf } from './copy.ts'

const ids = new Set(allCases.map(({ id }) => id))

// Planting them takes minutes: `npm run mutants`. That each can be planted is known at once.
test.each(allMutants)('the fault can be planted, and a case or test must notice it: $name', async (mutant) => {
  const { search, replace, killer, name, test: file } = mutant
  expect((await sourceOf(mutant)).split(search)).toHaveLength(2)
  expect(replace).not.toBe(search)
  if (file === undefined) expect(ids).toContain(killer)
  else expect(await sourceOf({ file })).toContain(killer)
  expect(allMutants.filter((other) => other.name === name)).toEqual([mutant])
})
