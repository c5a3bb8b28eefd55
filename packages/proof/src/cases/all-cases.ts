import { chaosCases } from '../chaos/chaos-cases.ts'
import { chunkingCases } from '../metamorphic/chunking.ts'
import { cuttingCases } from '../metamorphic/cutting.ts'
import { historyCases } from '../metamorphic/histories.ts'
import { deltaCases } from '../speed/deltas.ts'
import { memoryCases } from '../speed/memory.ts'
import { bodies } from './bodies.ts'
import { bytes } from './bytes.ts'
import type { Case } from './case.ts'
import { connections } from './connections.ts'
import { consumers } from './consumers.ts'
import { endings } from './endings.ts'
import { frames } from './frames.ts'
import { loop } from './loop.ts'
import { silences } from './silences.ts'
import { statuses } from './statuses.ts'
import { storms } from './storm.ts'

/** The number of a row such as `T15`. */
const rowOf = ({ id }: Case): number => Number(/^T(\d+) /.exec(id)?.[1])

const inOrder = [...connections, ...silences, ...endings, ...statuses, ...bodies, ...bytes, ...frames, ...consumers, ...storms].toSorted(
  (one, other) => rowOf(one) - rowOf(other),
)

/** The complete matrix, in the order of its table. */
export const allCases: readonly Case[] = [...inOrder, ...loop, ...chunkingCases, ...cuttingCases, ...historyCases, ...chaosCases, ...deltaCases, ...memoryCases]
