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
import { type StoreName, storeNames } from './stores.ts'

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

/** One test whose row is in the table that the command prints; `run` gives what was seen. */
function row(host: string, name: string, run: (expect: ExpectStatic) => Promise<Pick<Row, 'seen' | 'values'>>): void {
  const title = `${host}: ${name}`
  if (!isNamed([title], options)) return
  test(title, { timeout }, async ({ task, expect }) => {
    task.meta.row = { name: title, ...(await run(expect)) }
  })
}

/** A case checks by itself, and says what happened. */
function rowOfCase(host: string, name: string, run: () => Promise<string>): void {
  row(host, name, async (expect) => {
    const running = run()
    await expect(running).resolves.toBeTypeOf('string')
    return { seen: await running }
  })
}

function checkMatrix({ name: host, differs, toEnd, undisturbed, withinMs, seeds }: Host): void {
  const check = async (crash: MatrixCrash, expect: ExpectStatic): Promise<Seen> => {
    const seen = observe(await toEnd(crash), undisturbed())
    expect(seen).toEqual({ ...expectedOf(crash), ...differs?.(crash, seen) })
    return seen
  }
  for (const crash of matrixOf(quick)) {
    row(host, `${crash.name}, ${crash.effect}`, async (expect) => {
      const seen = await check(crash, expect)
      return { seen: wordsOf(seen), values: { store: host, name: crash.name, effect: crash.effect, ...seen } }
    })
  }
  for (let seed = options.from; seed < options.from + seeds; seed++) {
    row(host, `random moments, seed ${seed}`, async (expect) => {
      const { isRight, effect, ...seen } = await runRandom({ seed, withinMs }, undisturbed(), toEnd)
      expect(isRight, JSON.stringify(seen)).toBe(true)
      return { seen: `${effect}, ${wordsOf(seen)}` }
    })
  }
}

function checkStore(store: StoreName): void {
  const toEnd: RunToEnd = (crash) => runToEnd(store, crash)
  let undisturbed: EndedRun | undefined
  beforeAll(async () => {
    undisturbed = (await toEnd({ effect: 'once' })).result
  }, timeout)
  describe.concurrent(`runs in ${store} journals`, () => {
    checkMatrix({ name: store, withinMs: 45, seeds: options.seeds ?? defaultSeeds(store), toEnd, undisturbed: () => present(undisturbed) })
    for (const { name, stores, isRace, run } of storeCases) {
      const times = isRace === true ? (options.races ?? (quick ? 1 : 100)) : Number(stores.includes(store))
      for (let time = 0; time < times; time++) rowOfCase(store, name, () => run(store))
    }
  })
}

function defaultSeeds(host: string): number {
  if (isStore(host) && quick) return 3
  if (quick) return 1
  return host === 'file' ? 200 : 10
}

function checkEngine(name: string, engine: CrashEngine): void {
  let running: RunningEngine | undefined
  let undisturbed: EndedRun | undefined
  const toEnd: RunToEnd = (crash) => present(running).runToEnd(crash)
  beforeAll(async () => {
    running = await engine.start()
    undisturbed = (await toEnd({ effect: 'once' })).result
  }, timeout)
  afterAll(() => running?.stop(), timeout)
  describe.concurrent(`runs on ${name}`, () => {
    const { withinMs, differs } = engine
    checkMatrix({ name, withinMs, differs, seeds: options.seeds ?? defaultSeeds(name), toEnd, undisturbed: () => present(undisturbed) })
  })
  // One at a time: they kill servers.
  for (const { name: words, run } of quick ? [] : engine.cases) rowOfCase(name, words, () => run(present(running)))
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
  return nodeFor(host) === undefined ? 'node:sqlite needs Node 22.13 or newer, and none was found' : undefined
}

for (const host of options.stores) {
  const reason = missing(host)
  const engine = engines[host]
  describe(host, () => {
    if (reason !== undefined) test(host, ({ skip }) => skip(reason))
    else if (isStore(host)) checkStore(host)
    else if (engine !== undefined) checkEngine(host, engine)
    else throw new Error(`There is no store '${host}'.`)
  })
}
