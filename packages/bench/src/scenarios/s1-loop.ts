import { measureCase } from '../measure-case.ts'
import type { Scenario } from '../session.ts'

const steps = 10

export const loop: Scenario = {
  id: 's1',
  title: 'A loop of 10 steps with one tool',
  method: 'Ten requests, nine calls of one tool, one after another in a warm process. Time of the client process for each step.',
  measure: async (session) => {
    const shared = { script: `loop-${steps}`, parts: steps, unit: 'µs' }
    const plain = await measureCase(session, { ...shared, key: 'plain', title: 'per step, not streamed', mode: 'plain' })
    const streamed = await measureCase(session, { ...shared, key: 'streamed', title: 'per step, streamed', mode: 'iterate' })
    return {
      metrics: [plain.cpu, streamed.cpu, plain.wall, streamed.wall],
      chart: { kind: 'bars', metrics: ['plain', 'streamed'], of: 'ratio' },
      notes: [],
    }
  },
}
