import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { adapterMutants, toolMutants } from './mutants/adapter-mutants.ts'
import { type Copy, makeCopy } from './mutants/copy.ts'
import { coreMutants } from './mutants/core-mutants.ts'
import type { Mutant } from './mutants/mutant.ts'

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'boolean', default: false } } })
const all = [...coreMutants, ...adapterMutants, ...toolMutants]
const chosen = values.only === undefined ? all : all.filter(({ name, killer, file }) => [name, killer, file].some((text) => text.includes(values.only ?? '')))

interface Verdict {
  readonly mutant: Mutant
  readonly verdict: 'killed' | 'SURVIVED' | 'DOES NOT APPLY' | 'KILLER IS NOT OK'
  readonly note: string
}

if (!values.json) console.log(`Planting ${chosen.length} faults in a copy of our own source, each of which one case must notice.`)
const verdicts = await judgeAll(chosen)
const bad = verdicts.filter(({ verdict }) => verdict !== 'killed')
if (values.json) console.log(JSON.stringify(verdicts, undefined, 2))
else {
  console.log(`\n${verdicts.length} planted faults, ${verdicts.length - bad.length} killed, ${bad.length} not.`)
}
process.exitCode = bad.length > 0 ? 1 : 0

async function judgeAll(mutants: readonly Mutant[]): Promise<readonly Verdict[]> {
  const healthy = await killersThatPass(mutants)
  const waiting = mutants.entries()
  const found: Verdict[] = []
  await Promise.all(
    Array.from({ length: Math.min(2, availableParallelism(), mutants.length) }, async () => {
      await using copy = await makeCopy()
      for (const [index, mutant] of waiting) {
        const verdict: Verdict = healthy.has(mutant.killer) ? await judge(copy, mutant) : { mutant, verdict: 'KILLER IS NOT OK', note: '' }
        found[index] = verdict
        if (!values.json) print(verdict)
      }
    }),
  )
  return found
}

function print({ mutant, verdict, note }: Verdict): void {
  console.log([verdict.padEnd(16), mutant.killer.padEnd(5), mutant.name.padEnd(60), mutant.file, note].join('  ').trimEnd())
}

/** A test that fails anyway kills nothing. */
async function killersThatPass(mutants: readonly Mutant[]): Promise<ReadonlySet<string>> {
  await using copy = await makeCopy()
  const passing = new Set<string>()
  for (const killer of new Set(mutants.map((mutant) => mutant.killer))) if (await copy.passes({ killer })) passing.add(killer)
  return passing
}

async function judge(copy: Copy, mutant: Mutant): Promise<Verdict> {
  try {
    await copy.plant(mutant)
  } catch (error) {
    return { mutant, verdict: 'DOES NOT APPLY', note: error instanceof Error ? error.message : String(error) }
  }
  const survived = await copy.passes(mutant)
  await copy.heal(mutant)
  return { mutant, verdict: survived ? 'SURVIVED' : 'killed', note: '' }
}
