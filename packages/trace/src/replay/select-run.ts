import { invalidOptions } from '@capstan/core/internal'
import type { ExchangeLine } from '../format/lines.ts'

const maxListed = 10

/**
 * The exchanges of one run. A tape that does not say which run made them has one.
 *
 * @param runId - Needed only where there are several.
 * @throws {AgentError} `invalid-options` for an unknown id, and without one where there are several runs.
 */
export function selectRun(exchanges: readonly ExchangeLine[], runId?: string): readonly ExchangeLine[] {
  const ids = [...new Set(exchanges.map((exchange) => exchange.runId))]
  if (runId === undefined && ids.length === 1) return exchanges
  if (runId !== undefined && ids.includes(runId)) return exchanges.filter((exchange) => exchange.runId === runId)
  const named = ids.filter((id) => id !== undefined)
  const more = named.length > maxListed ? ` and ${named.length - maxListed} more` : ''
  const list = named.length === 0 ? 'none with an id' : `${named.slice(0, maxListed).join(', ')}${more}`
  const problem = runId === undefined ? `It has ${ids.length} runs: name one with --run-id.` : `It has no run '${runId}'.`
  throw invalidOptions(`${problem} Its runs: ${list}.`)
}
