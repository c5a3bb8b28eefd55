import type { Crash, EndedRun, RunToEnd } from '../crash.ts'
import { type MatrixCrash, observe, type Seen } from '../matrix.ts'

/** A distributed engine under test. */
export interface CrashEngine<Running extends RunningEngine = RunningEngine> {
  /** Why the engine is not available on this machine; `undefined` when it is. */
  unavailable(): string | undefined
  /** Starts its server, on free ports and in a folder of its own. */
  start(): Promise<Running>
  /** How long after its start a random kill may hit a worker, in milliseconds. */
  readonly withinMs: number
  /** What differs from `expectedOf` on this engine. */
  readonly differs?: (crash: MatrixCrash, seen: Seen) => Partial<Seen>
  /** Tests that are not about one crash point. */
  readonly cases: readonly EngineCase<Running>[]
}

export interface RunningEngine {
  /** One run from its start to its end: a worker for each death of the plan, then one that stays. */
  readonly runToEnd: RunToEnd
  stop(): Promise<void>
}

export interface EngineCase<Running extends RunningEngine> {
  readonly name: string
  /** Throws when something is wrong; resolves to a line about what happened. */
  run(engine: Running): Promise<string>
}

/** Runs one crash of a case and compares it with a run without a crash. */
export async function judge<Case extends Crash>(
  toEnd: (crash: Case | Crash) => ReturnType<RunToEnd>,
  crash: Case,
  expected: Pick<Seen, 'effects' | 'unknown'>,
): Promise<string> {
  const undisturbed: EndedRun = (await toEnd({ effect: crash.effect })).result
  const seen = observe(await toEnd(crash), undisturbed)
  const all = { ...expected, keys: 1, payments: 1, models: 3, repeatedRecords: 0, isSame: true }
  const wrong = Object.entries(all).filter(([name, value]) => seen[name as keyof Seen] !== value)
  if (wrong.length > 0) throw new Error(`expected ${JSON.stringify(Object.fromEntries(wrong))}, saw ${JSON.stringify(seen)}`)
  return `effects ${seen.effects}, payments 1, unknown ${seen.unknown}, same result`
}
