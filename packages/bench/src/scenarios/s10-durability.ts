import { measureCase } from '../measure-case.ts'
import { type Scenario, type Session, type Subject, subjectsOf } from '../session.ts'

const steps = 10

export const durability: Scenario = {
  id: 's10',
  title: 'What listeners and journals cost',
  method:
    'The streamed loop of S1, only with `capstan`: without additions, with a listener on every type of event, and with a journal. Ratios are to the loop without additions.',
  measure: async (session) => {
    const bare = only(session, 'capstan', 'on')
    const shared = { script: `loop-${steps}`, mode: 'on', parts: steps, unit: 'µs', base: 'capstan' }
    const subjects = [...bare, ...only(session, 'capstan, listeners', 'listen')]
    const listeners = await measureCase(session, { ...shared, key: 'listeners', title: 'per step, with listeners', subjects })
    const journals = [...bare, ...only(session, 'capstan, journal', 'journal')]
    const journal = await measureCase(session, { ...shared, key: 'journal', title: 'per step, with a journal', subjects: journals })
    return {
      metrics: [listeners.cpu, journal.cpu, journal.wall],
      chart: { kind: 'bars', metrics: ['listeners', 'journal'], of: 'ratio' },
      notes: ['The journal is a file on this disk, each record synced with `fdatasync` before it counts. Its wall time is mostly the disk.'],
    }
  },
}

function only(session: Session, label: string, mode: string): readonly Subject[] {
  return subjectsOf(session, { script: `loop-${steps}`, mode })
    .filter((subject) => subject.label === 'capstan')
    .map((subject) => ({ ...subject, label }))
}
