import { startSimulator } from '@capstan/simulator'
import type { Case, Check } from '../cases/case.ts'
import { resendProblems } from '../cases/wire.ts'
import { makePlan, type Plan } from '../chaos/plan.ts'
import { type Observation, observe, shortClocks } from '../lab/observe.ts'
import { createRandom } from '../lab/random.ts'

/** M4 and M5 over runs of several steps with random faults; every other case checks them too. */
export const historyCases: readonly Case[] = [
  {
    id: 'M4 after any fault a strict server takes the history, and a further run on it succeeds',
    run: async ({ seed, quick }) => [
      await overPlans(seed, quick ? 10 : 150, async (seen, { model }) => [
        ...seen.problems.filter((problem) => /history/.test(problem)),
        ...(await resendProblems(seen, model)),
      ]),
    ],
  },
  {
    id: 'M5 requests counted by the server equal the attempt events',
    run: async ({ seed, quick }) => [
      await overPlans(seed + 1_000_000, quick ? 10 : 150, async (seen) => seen.problems.filter((problem) => problem.startsWith('I5'))),
    ],
  },
]

async function overPlans(seed: number, count: number, problemsOf: (seen: Observation, plan: Plan) => Promise<readonly string[]>): Promise<Check> {
  const problems: string[] = []
  const waiting = Array.from({ length: count }, (_, index) => seed + index).values()
  const work = async (): Promise<void> => {
    for (const each of waiting) {
      const plan = makePlan(createRandom(each))
      const found = await problemsOf(await runPlan(plan), plan)
      problems.push(...found.map((problem) => `seed ${each}: ${problem}`))
    }
  }
  await Promise.all(Array.from({ length: 4 }, work))
  return {
    what: `${count} runs from seed ${seed}`,
    expected: 'holds',
    seen: problems.length === 0 ? 'holds' : problems.slice(0, 5).join(' | '),
    ok: problems.length === 0,
  }
}

async function runPlan({ replies, model, mode }: Plan): Promise<Observation> {
  await using simulator = await startSimulator({ respond: ({ index }) => replies[index] ?? { text: 'At last.' }, strict: { toolSchemas: true } })
  return await observe({ server: simulator, mode, model, settings: { timeouts: shortClocks }, agent: { limits: { steps: 6 } } })
}
