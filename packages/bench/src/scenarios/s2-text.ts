import { type Case, measureCase } from '../measure-case.ts'
import type { Metric } from '../result.ts'
import type { Scenario } from '../session.ts'

const pacedDeltas = 400

export const text: Scenario = {
  id: 's2',
  title: 'One reply with many text deltas',
  method:
    'One request, one streamed reply. CPU time of the client process for each delta. Only `raw` and `capstan` have a callback; the loop of `raw` is the same in both tables. ' +
    `Paced: ${pacedDeltas} deltas, one event every 1 to 2 ms, so each wakes the process.`,
  measure: async (session) => {
    const cases: readonly Case[] = [
      ...[2_000, 10_000].flatMap((count) => [
        { key: `on-${count}`, title: `per delta of ${count.toLocaleString('en')}, callback`, script: `text-${count}`, mode: 'on', parts: count, unit: 'µs' },
        {
          key: `iterate-${count}`,
          title: `per delta of ${count.toLocaleString('en')}, for await`,
          script: `text-${count}`,
          mode: 'iterate',
          parts: count,
          unit: 'µs',
        },
      ]),
      {
        key: 'paced',
        title: 'per delta, paced, for await',
        script: `paced-${pacedDeltas}`,
        mode: 'iterate',
        parts: pacedDeltas,
        unit: 'µs',
        plan: { options: { runs: 1, ms: 0 }, warmUp: { runs: 1, ms: 0 } },
      },
    ]
    const metrics: Metric[] = []
    for (const entry of cases) metrics.push((await measureCase(session, entry)).cpu)
    return { metrics, chart: { kind: 'bars', metrics: ['on-2000', 'iterate-2000', 'paced'], of: 'ratio' }, notes: [] }
  },
}
