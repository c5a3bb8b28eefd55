import { measureCase } from '../measure-case.ts'
import { type Scenario, type Session, type Subject, subjectsOf } from '../session.ts'

const steps = 10

export const traces: Scenario = {
  id: 's12',
  title: 'What traces cost',
  method:
    'The streamed loop of S1, only with `capstan`: without a trace, with `@capstan/trace` imported and not used, with a trace of the events, and with a trace of the events and the HTTP exchanges (the tape). Each run has a new file, and the oldest of more than 100 is deleted; the folder is in memory (`/dev/shm`) where there is one. Ratios are to the loop without a trace.',
  measure: async (session) => {
    const bare = only(session, 'capstan', 'on')
    const shared = { script: `loop-${steps}`, mode: 'on', parts: steps, unit: 'µs', base: 'capstan' }
    const subjects = [
      ...bare,
      ...only(session, 'capstan, off', 'untraced'),
      ...only(session, 'capstan, events', 'trace'),
      ...only(session, 'capstan, tape', 'tape'),
    ]
    const traced = await measureCase(session, { ...shared, key: 'traced', title: 'per step, with a trace', subjects })
    return {
      metrics: [traced.cpu, traced.wall],
      chart: { kind: 'bars', metrics: ['traced'], of: 'ratio' },
      notes: [
        'Lines are not synced: they survive a kill of the process, not a power failure.',
        'A new file on a disk costs more than one in memory: on ext4 13 µs to begin and 13 µs to delete it, and 450 µs to begin one in a folder beside which thousands of files were deleted in the last minutes, because ext4 looks at each of their inodes.',
      ],
    }
  },
}

function only(session: Session, label: string, mode: string): readonly Subject[] {
  return subjectsOf(session, { script: `loop-${steps}`, mode })
    .filter((subject) => subject.label === 'capstan')
    .map((subject) => ({ ...subject, label }))
}
