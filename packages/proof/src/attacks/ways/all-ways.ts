import { byAgents } from './agents.ts'
import { byApproval } from './approvals.ts'
import { byCrash } from './crashes.ts'
import { direct } from './direct.ts'
import { byGrounding } from './grounding.ts'
import { byRewriting } from './history.ts'
import { byRuns } from './runs.ts'
import type { Way } from './way.ts'

/** All ways, in the order of the table. */
export const allWays: readonly Way[] = [...direct, ...byAgents, ...byRewriting, ...byRuns, ...byCrash, ...byApproval, ...byGrounding]
