// Checks, without planting anything, that each fault can be planted and that its case or test exists. A part of `npm run check`.
import { allCases } from '../cases/all-cases.ts'
import { allMutants } from './all-mutants.ts'
import { sourceOf } from './copy.ts'
import type { Mutant } from './mutant.ts'

const ids = new Set(allCases.map(({ id }) => id))

async function problemsOf({ name, file, search, replace, killer, test }: Mutant): Promise<readonly string[]> {
  const count = (await sourceOf({ file })).split(search).length - 1
  const isKillerThere = test === undefined ? ids.has(killer) : (await sourceOf({ file: test })).includes(killer)
  return [
    ...(count === 1 ? [] : [`its search text is in ${file} ${count} times, not once`]),
    ...(replace === search ? ['it changes nothing'] : []),
    ...(isKillerThere ? [] : [`'${killer}' is not in ${test ?? 'the cases'}`]),
    ...(allMutants.filter((other) => other.name === name).length === 1 ? [] : ['its name is not unique']),
  ]
}

for (const mutant of allMutants) {
  for (const problem of await problemsOf(mutant)) {
    console.error(`The mutant '${mutant.name}' cannot be planted: ${problem}. See packages/proof/src/mutants.`)
    process.exitCode = 1
  }
}
