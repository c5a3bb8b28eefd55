import { postgresFolder } from '@capstan/test-kit'
import { afterAll, beforeAll, describe, type ExpectStatic, inject, test } from 'vitest'
import { isNamed, quickOptions, type SuiteOptions } from '../suite/options.ts'
import type { Row } from '../suite/row.ts'
import type { EndedRun, RunToEnd } from './crash.ts'
import { dbos } from './engines/dbos.ts'
import type { CrashEngine, RunningEngine } from './engines/engine.ts'
import { restate } from './engines/restate.ts'
import { expectedOf, type MatrixCrash, matrixOf, observe, runRandom, type Seen, wordsOf } from './matrix.ts'
import { nodeFor, runToEnd } from './processes.ts'
import { storeCases } from './store-cases.ts'
import { type StoreName, startStore, stopStore, storeNames } from './stores.ts'

const options: SuiteOptions = inject('suite') ?? quickOptions
const { quick } = options
const engines: Readonly<Record<string, CrashEngine>> = { restate, dbos }
const timeout = 180_000

interface Host {
  readonly name: string
  readonly withinMs: number
  readonly seeds: number
  readonly differs?: CrashEngine['differs'] | undefined
  /** Of the host once it runs. */
  readonly toEnd: RunToEnd
  readonly undisturbed: () => EndedRun
}

/** A test, and what it gives to its line of the table that the command prints. */
interface CrashTest {
  readonly title: string
  readonly run: (expect: ExpectStatic) => Promise<Pick<Row, 'seen' | 'values'>>
}

/** A case checks by itself, and says what happened. */
function testOfCase(host: string, name: string, run: () => Promise<string>): CrashTest {
  return {
    title: `${host}: ${name}`,
    run: async (expect) => {
      const running = run()
      await expect(running).resolves.toBeTypeOf('string')
      return { seen: await running }
    },
  }
}

function testsOfMatrix({ name: host, differs, toEnd, undisturbed, withinMs, seeds }: Host): readonly CrashTest[] {
  const check = async (crash: MatrixCrash, expect: ExpectStatic): Promise<Seen> => {
    const seen = observe(await toEnd(crash), undisturbed())
    expect(seen).toEqual({ ...expectedOf(crash), ...differs?.(crash, seen) })
    return seen
  }
  const atPoints = matrixOf(quick).map((crash): CrashTest => {
    const run: CrashTest['run'] = async (expect) => {
      const seen = await check(crash, expect)
      return { seen: wordsOf(seen), values: { store: host, name: crash.name, effect: crash.effect, ...seen } }
    }
    return { title: `${host}: ${crash.name}, ${crash.effect}`, run }
  })
  const atRandom = Array.from({ length: seeds }, (_, index): CrashTest => {
    const seed = options.from + index
    const run: CrashTest['run'] = async (expect) => {
      const { isRight, effect, ...seen } = await runRandom({ seed, withinMs }, undisturbed(), toEnd)
      expect(isRight, JSON.stringify(seen)).toBe(true)
      return { seen: `${effect}, ${wordsOf(seen)}` }
    }
    return { title: `${host}: random moments, seed ${seed}`, run }
  })
  return [...atPoints, ...atRandom]
}

interface HostTests {
  readonly start: () => Promise<void>
  readonly stop?: () => Promise<void>
  readonly together: readonly CrashTest[]
  /** One at a time: they kill servers. */
  readonly inTurn?: readonly CrashTest[]
}

/** Registers the tests that `--only` names. A host without any of them is not started and has no line. */
function register(host: string, { start, stop, together, inTurn = [] }: HostTests): void {
  const chosen = [together, inTurn].map((tests) => tests.filter(({ title }) => isNamed([title], options)))
  if (chosen.flat().length === 0) return
  describe(host, () => {
    beforeAll(start, timeout)
    if (stop !== undefined) afterAll(stop, timeout)
    for (const [index, tests] of chosen.entries()) {
      for (const { title, run } of tests) {
        test(title, { timeout, concurrent: index === 0 }, async ({ task, expect }) => {
          task.meta.row = { name: title, ...(await run(expect)) }
        })
      }
    }
  })
}

function registerStore(store: StoreName): void {
  const toEnd: RunToEnd = (crash) => runToEnd(store, crash)
  let undisturbed: EndedRun | undefined
  const matrix = testsOfMatrix({
    name: store,
    withinMs: store === 'postgres' ? 300 : 45,
    seeds: options.seeds ?? defaultSeeds(store),
    toEnd,
    undisturbed: () => present(undisturbed),
  })
  const cases = storeCases.flatMap(({ name, stores, isRace, run }) => {
    const times = isRace === true ? (options.races ?? defaultRaces(store)) : Number(stores.includes(store))
    return Array.from({ length: times }, () => testOfCase(store, name, () => run(store, quick)))
  })
  const start = async (): Promise<void> => {
    await startStore(store)
    undisturbed = (await toEnd({ effect: 'once' })).result
  }
  register(`runs in ${store} journals`, { start, stop: stopStore, together: [...matrix, ...cases] })
}

function defaultRaces(store: StoreName): number {
  if (quick) return 1
  return store === 'postgres' ? 20 : 100
}

function defaultSeeds(host: string): number {
  if (isStore(host) && quick) return 3
  if (quick) return 1
  return host === 'file' ? 200 : 10
}

function registerEngine(name: string, { withinMs, differs, cases, start: startEngine }: CrashEngine): void {
  let running: RunningEngine | undefined
  let undisturbed: EndedRun | undefined
  const toEnd: RunToEnd = (crash) => present(running).runToEnd(crash)
  const start = async (): Promise<void> => {
    running = await startEngine()
    undisturbed = (await toEnd({ effect: 'once' })).result
  }
  const together = testsOfMatrix({ name, withinMs, differs, seeds: options.seeds ?? defaultSeeds(name), toEnd, undisturbed: () => present(undisturbed) })
  const inTurn = quick ? [] : cases.map(({ name: words, run }) => testOfCase(name, words, () => run(present(running))))
  register(`runs on ${name}`, { start, stop: async () => await running?.stop(), together, inTurn })
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('The host of the runs has not started.')
  return value
}

function isStore(name: string): name is StoreName {
  return (storeNames as readonly string[]).includes(name)
}

/** Why a host cannot be tested on this machine. */
function missing(host: string): string | undefined {
  if (!isStore(host)) return engines[host]?.unavailable()
  if (host === 'postgres' && postgresFolder() === undefined) return 'PostgreSQL (Debian: postgresql) is not installed'
  return nodeFor(host) === undefined ? 'node:sqlite needs Node 22.13 or newer, and none was found' : undefined
}

for (const host of options.stores) {
  const reason = missing(host)
  const engine = engines[host]
  if (reason !== undefined) test(host, ({ skip }) => skip(reason))
  else if (isStore(host)) registerStore(host)
  else if (engine !== undefined) registerEngine(host, engine)
  else throw new Error(`There is no store '${host}'.`)
}
