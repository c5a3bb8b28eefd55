import { compareRequests, type Fidelity, type Written } from '../fidelity.ts'
import { plainMetric } from '../metric.ts'
import { startClient } from '../processes.ts'
import type { Metric } from '../result.ts'
import { type Scenario, type Session, subjectsOf } from '../session.ts'

const steps = 10

export const fidelity: Scenario = {
  id: 's7',
  title: 'What is sent back is what was written',
  method:
    'The bodies of ten requests with two calls each, whose arguments have spaces, escapes and keys in an unusual order, and with reasoning. The results are counts, not times. ' +
    'Prefix: requests that begin with the complete previous request, up to the closing bracket of its messages. Arguments and reasoning: sent back without a changed byte.',
  measure: async (session) => {
    const replies = await session.provider.repliesOf(`fidelity-${steps}`)
    const written = replies
      .slice(0, -1)
      .map(({ calls = [], reasoning = [] }): Written => ({ arguments: calls.map(({ text }) => text), reasoning: reasoning.join('') }))
    const plain = await compareAll(session, 'plain', written)
    const streamed = await compareAll(session, 'iterate', written)
    const metric = (key: keyof Fidelity, title: string): Metric => {
      const values = Object.keys(streamed).map((name) => [name, Math.min(plain[name]?.[key] ?? 0, streamed[name]?.[key] ?? 0)] as const)
      return plainMetric(Object.fromEntries(values), { key, title, unit: '%' })
    }
    return {
      metrics: [
        metric('prefix', 'Requests that begin with the complete previous one'),
        metric('arguments', 'Calls sent back with exactly their arguments'),
        metric('reasoning', 'Replies sent back with exactly their reasoning'),
      ],
      chart: { kind: 'bars', metrics: ['prefix', 'arguments', 'reasoning'], of: 'median' },
      notes: ['The lower of streamed and not streamed. Some APIs forbid reasoning in requests; DeepSeek and Kimi models that think between calls require it.'],
    }
  },
}

async function compareAll(session: Session, mode: string, written: readonly Written[]): Promise<Record<string, Fidelity>> {
  const found: Record<string, Fidelity> = {}
  for (const { label, client: options } of subjectsOf(session, { script: `fidelity-${steps}`, mode })) {
    await using client = await startClient(session.node, { ...options, origin: session.provider.origin })
    if (!client.isSupported) continue
    session.settings.set(label, client.settings)
    await session.provider.recorded()
    await client.perform('measure', { runs: 1, ms: 0 })
    found[label] = compareRequests(await session.provider.recorded(), written)
  }
  return found
}
