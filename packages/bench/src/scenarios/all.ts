import type { Scenario } from '../session.ts'
import { loop } from './s1-loop.ts'
import { text } from './s2-text.ts'
import { longArguments, parallelCalls } from './s3-arguments.ts'
import { concurrency } from './s4-concurrency.ts'
import { coldStart } from './s5-cold-start.ts'
import { history } from './s6-history.ts'
import { fidelity } from './s7-fidelity.ts'
import { types } from './s8-types.ts'
import { soak } from './s9-soak.ts'
import { durability } from './s10-durability.ts'
import { catalogue } from './s11-catalogue.ts'
import { traces } from './s12-traces.ts'

/** In the order in which they run and are shown. */
export const scenarios: readonly Scenario[] = [
  loop,
  text,
  parallelCalls,
  longArguments,
  concurrency,
  coldStart,
  history,
  fidelity,
  types,
  soak,
  durability,
  catalogue,
  traces,
]
