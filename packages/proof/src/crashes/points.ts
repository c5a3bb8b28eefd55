/** What a point looks at in a record; steps of an engine are given the same form. */
export interface RecordView {
  readonly type: string
  readonly id?: string
  readonly name?: string
  readonly stopReason?: string
}

type Matches = (record: RecordView) => boolean

/** Where a process dies. */
export interface Point {
  /** Before or after the run is opened. */
  readonly open?: 'before' | 'after'
  /** At a position outside of the journal, as `witnessedAgent` names them. */
  readonly at?: string
  /** Before or after a record that matches is written. */
  readonly before?: Matches
  readonly after?: Matches
  /** In the middle of writing a record that matches. */
  readonly torn?: Matches
  /** A position at which everything waits until the process dies. */
  readonly hold?: string
}

/** Where a process of the run with agents behind tools dies: before or after so many of the records that it makes. */
export interface TeamDeath {
  readonly beforeRecord?: number
  readonly afterRecord?: number
}

/** Where a process dies while it adds to a session: before or after the entry by which its run takes its place, or adds its messages. */
export interface SessionDeath {
  readonly entry: 'open' | 'messages'
  readonly when: 'before' | 'after'
}

const isDone =
  (name: string): Matches =>
  (record) =>
    record.type === 'done' && record.name === name
const isModel =
  (step: number): Matches =>
  (record) =>
    record.type === 'done' && record.id?.startsWith(`steps/${step}/model/`) === true
const isOf =
  (type: string): Matches =>
  (record) =>
    record.type === type
const isEnd: Matches = (record) => record.type === 'end' && record.stopReason === 'finished'

/** The points at which a process is killed, by their names in docs/durability.md. */
export const points: Readonly<Record<string, Point>> = {
  'P0 before the run exists': { open: 'before' },
  'P1 the run exists': { open: 'after' },
  'P2 in the model call': { at: 'model 1' },
  'P3 model answered, not recorded': { before: isModel(1) },
  'P4 model recorded': { after: isModel(1) },
  'P5 tool started, no effect yet': { at: 'tool work' },
  'P6 effect done, not recorded': { before: isDone('tool work') },
  'P7 tool recorded': { after: isDone('tool work') },
  'P8 one of two parallel tools recorded': { after: isDone('tool second'), hold: 'after work' },
  'P9 question not written': { before: isOf('question') },
  'P9 question written': { after: isOf('question') },
  'P10 decision received, not recorded': { before: isOf('answer') },
  'P11 decision recorded': { after: isOf('answer') },
  'P12 last model answered, not recorded': { before: isModel(3) },
  'P12 last model recorded': { after: isModel(3) },
  'P13 before the end is recorded': { before: isEnd },
  'P13 after the end is recorded': { after: isEnd },
  'P15 in the middle of a write': { torn: isDone('tool work') },
}

/** Points of single cases, which are not rows of the matrix. */
const otherPoints: Readonly<Record<string, Point>> = { 'search recorded': { after: isDone('tool search_tools') } }

/** The point of that name; for `undefined` one at which nothing dies. */
export function pointOf(name: string | undefined): Point {
  const point = name === undefined ? {} : (points[name] ?? otherPoints[name])
  if (point === undefined) throw new Error(`There is no point '${name}'.`)
  return point
}

/** Ends this process as a crash of the machine would: nothing runs after it. */
export function die(): never {
  process.kill(process.pid, 'SIGKILL')
  for (;;);
}
