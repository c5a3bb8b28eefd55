import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { measureCase } from '../measure-case.ts'
import { places } from '../places.ts'
import { type Scenario, type Session, type Subject, subjectsOf } from '../session.ts'

const steps = 10

export const durability: Scenario = {
  id: 's10',
  title: 'What listeners and journals cost',
  method: 'The streamed loop of S1 by `capstan` alone: as it is, with a listener on every type of event, and with a journal. Ratios are to the loop as it is.',
  measure: async (session) => {
    const bare = only(session, 'capstan', 'on')
    const shared = { script: `loop-${steps}`, mode: 'on', parts: steps, unit: 'µs', base: 'capstan' }
    const subjects = [...bare, ...only(session, 'capstan, listeners', 'listen')]
    const { cpu } = await measureCase(session, { ...shared, key: 'listeners', title: 'per step, with listeners', subjects })
    const metrics = [cpu]
    // The contender answers to this mode once there are journals.
    if (existsSync(join(places.root, 'packages/durable/package.json'))) {
      const journals = [...bare, ...only(session, 'capstan, journal', 'journal')]
      metrics.push((await measureCase(session, { ...shared, key: 'journal', title: 'per step, with a journal', subjects: journals })).cpu)
    }
    return {
      metrics,
      chart: { kind: 'bars', metrics: metrics.map(({ key }) => key), of: 'ratio' },
      notes: metrics.some(({ key, rows }) => key === 'journal' && rows.length > 1) ? [] : ['Journals do not exist yet.'],
    }
  },
}

function only(session: Session, label: string, mode: string): readonly Subject[] {
  return subjectsOf(session, { script: `loop-${steps}`, mode })
    .filter((subject) => subject.label === 'capstan')
    .map((subject) => ({ ...subject, label }))
}
