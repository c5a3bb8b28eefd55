import type { ToolRanking } from '@capstan/core/catalogue'
import { quantile } from '../statistics.ts'
import type { Question } from './load-questions.ts'

/** How often a right tool was found, in percent, and how long a search took. */
export interface Recall {
  readonly at5: number
  readonly at10: number
  readonly medianMs: number
  readonly p95Ms: number
}

export function measureRecall(ranking: ToolRanking, questions: readonly Question[]): Recall {
  const times: number[] = []
  const positions = questions.map(({ query, right }) => {
    const started = performance.now()
    const found = ranking.search(query, 10)
    times.push(performance.now() - started)
    return found.findIndex(({ name }) => right.has(name))
  })
  const share = (limit: number): number => (100 * positions.filter((position) => position >= 0 && position < limit).length) / positions.length
  return { at5: share(5), at10: share(10), medianMs: quantile(times, 0.5), p95Ms: quantile(times, 0.95) }
}
