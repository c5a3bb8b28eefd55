import type { Case } from '../cases/case.ts'
import { runChaos } from './chaos.ts'
import { conversationCase } from './conversation.ts'
import { tenantsCase } from './tenants.ts'

/** Runs of the full command, and of a quick one. */
const fullRuns = 20_000
const quickRuns = 200

/** Chaos, the long conversation and the two tenants. */
export const chaosCases: readonly Case[] = [
  {
    id: 'CHAOS random faults, tools and aborts, judged only by the invariants',
    isPrinted: true,
    run: async ({ seed, quick }) => {
      const { runs, ends, problems } = await runChaos(quick ? quickRuns : fullRuns, seed)
      const what = `${runs} runs: ${Object.entries(ends)
        .toSorted((one, other) => other[1] - one[1])
        .map(([end, count]) => `${end} ${count}`)
        .join(', ')}`
      return [
        {
          what,
          expected: 'I1 to I7 hold',
          seen: problems.length === 0 ? 'I1 to I7 hold' : `${problems.length} broken: ${problems.slice(0, 8).join(' | ')}`,
          ok: problems.length === 0,
        },
      ]
    },
  },
  conversationCase,
  tenantsCase,
]
