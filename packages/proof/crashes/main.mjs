// Kills processes in the middle of runs, lets new ones go on, and counts outside of the journal what happened.
//   npm run crashes                       everything, about fifteen minutes
//   npm run crashes -- --quick            what differs most, in files, in seconds
//   npm run crashes -- --store restate    on a distributed engine; with --quick what differs most
//   npm run crashes -- --store sqlite --seeds 20 --from 7 --markdown
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import * as cases from './cases.mjs'
import { engineNames, engineOf } from './engines/index.mjs'
import { nodeFor, runToEnd } from './harness.mjs'
import { effects, expectedOf, matrixOf, runCase, runRandom } from './matrix.mjs'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    store: { type: 'string', multiple: true },
    seeds: { type: 'string' },
    races: { type: 'string' },
    from: { type: 'string', default: '1' },
    markdown: { type: 'boolean', default: false },
  },
})
const { quick, markdown } = options
const startedAt = performance.now()
const counted = { passed: 0, failed: 0, skipped: 0 }
const rows = []

for (const store of options.store ?? (quick ? ['file'] : ['file', 'sqlite', ...engineNames])) {
  if (engineNames.includes(store)) await checkEngine(store)
  else if (nodeFor(store)) await checkStore(store)
  else skip(store, 'node:sqlite needs Node 22.13 or newer, and none was found')
}
if (markdown) console.log(`\n${table()}`)
console.log(`\n${counted.passed} passed, ${counted.failed} failed, ${counted.skipped} skipped, ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
const reportFile = process.env['CAPSTAN_REPORT']
if (reportFile) writeFileSync(reportFile, JSON.stringify({ numPassedTests: counted.passed, numFailedTests: counted.failed, numPendingTests: counted.skipped }))
process.exitCode = counted.failed > 0 ? 1 : 0

async function checkStore(store) {
  const { result: undisturbed } = await runToEnd({ store, effect: 'once' })
  const seeds = Number(options.seeds ?? seedsOf(store))
  const first = Number(options.from)
  await inParallel([
    ...matrixOf(store, quick).map((crash) => () => checkPoint(crash, undisturbed)),
    ...Array.from({ length: seeds }, (_, index) => () => checkRandom({ store, seed: first + index }, undisturbed)),
    ...casesOf(store).map(
      ([name, run]) =>
        () =>
          checkCase(`${store}: ${name}`, run),
    ),
  ])
}

async function checkEngine(name) {
  const engine = await engineOf(name)
  const missing = await engine.unavailable()
  if (missing !== undefined) return skip(name, missing)
  const running = await engine.start({ quick })
  try {
    const { result: undisturbed } = await running.runToEnd({ effect: 'once' })
    const { expected = () => undefined, withinMs = 1_500 } = running
    const first = Number(options.from)
    await inParallel([
      ...matrixOf(name, quick).map((crash) => () => checkPoint(crash, undisturbed, { toEnd: running.runToEnd, differs: (seen) => expected(crash, seen) })),
      ...Array.from({ length: Number(options.seeds ?? (quick ? 1 : 10)) }, (_, index) => () => {
        return checkRandom({ store: name, seed: first + index, withinMs }, undisturbed, running.runToEnd)
      }),
    ])
    // Alone: they kill servers.
    for (const [words, run] of running.cases) await checkCase(`${name}: ${words}`, run)
  } finally {
    await running.stop()
  }
}

function seedsOf(store) {
  if (quick) return 3
  return store === 'file' ? 200 : 10
}

function casesOf(store) {
  const races = Array.from({ length: Number(options.races ?? (quick ? 1 : 100)) })
  const all = [
    ...races.map(() => ['three processes for one run', () => cases.race(store)]),
    ['three processes after a crash', () => cases.raceAfterCrash(store)],
    ['decisions from other processes', () => cases.decisions(store)],
    ['two decisions at once', () => cases.twoDecisions(store)],
  ]
  if (store === 'sqlite') return [...all, ['an owner stopped past its lease', () => cases.stoppedOwner()]]
  return process.platform === 'win32' ? all : [...all, ['a full disk', () => cases.fullDisk()]]
}

async function checkPoint(crash, undisturbed, { toEnd, differs } = {}) {
  await checkCase(`${crash.store}: ${crash.name}, ${crash.effect}`, async () => {
    const seen = await runCase(crash, undisturbed, toEnd)
    rows.push({ ...crash, ...seen })
    const expected = { ...expectedOf(crash), ...differs?.(seen) }
    if (!isDeepStrictEqual(seen, expected)) throw new Error(`expected ${JSON.stringify(expected)}, saw ${JSON.stringify(seen)}`)
    return wordsOf(seen)
  })
}

async function checkRandom(random, undisturbed, toEnd) {
  await checkCase(`${random.store}: random moments, seed ${random.seed}`, async () => {
    const { isRight, ...seen } = await runRandom(random, undisturbed, toEnd)
    if (!isRight) throw new Error(JSON.stringify(seen))
    return `${seen.effect}, ${wordsOf(seen)}`
  })
}

async function checkCase(name, run) {
  try {
    const words = await run()
    counted.passed++
    console.log(`ok      ${name}: ${words}`)
  } catch (error) {
    counted.failed++
    console.log(`FAILED  ${name}: ${error instanceof Error ? error.message : error}`)
  }
}

function skip(store, because) {
  counted.skipped++
  console.log(`skipped ${store}: ${because}`)
}

function wordsOf({ kills, models, effects, keys, payments, unknown, isSame }) {
  const result = isSame ? 'same result' : 'ANOTHER result'
  return `kills ${kills}, requests ${models}, effects ${effects} with ${keys} key, payments ${payments}, unknown ${unknown}, ${result}`
}

async function inParallel(work) {
  const waiting = work.values()
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (const run of waiting) await run()
    }),
  )
}

/** One line for each point: what happened outside, by the effect of the tool. Stores that saw the same share it. */
function table() {
  const lines = new Map()
  for (const store of new Set(rows.map((row) => row.store))) {
    for (const name of new Set(rows.map((row) => row.name))) {
      const cells = `${name} | ${cellsOf(rows.filter((row) => row.store === store && row.name === name))} |`
      lines.set(cells, [...(lines.get(cells) ?? []), store])
    }
  }
  const body = [...lines].map(([cells, stores]) => `| ${stores.join(', ')} | ${cells}`).sort(byPoint)
  const head =
    '| store | the process dies at | requests (undisturbed: 3) | effects of a `read` / `idempotent` / `once` tool | asked: outcome unknown | payments | same result |'
  return [head, '|---|---|---|---|---|---|---|', ...body].join('\n')
}

function cellsOf(seen) {
  const of = (effect) => seen.find((row) => row.effect === effect)
  const each = (what) => [...new Set(seen.map(what))].join(', ')
  const counts = effects.map((effect) => of(effect)?.effects ?? '-').join(' / ')
  return [
    each((row) => row.models),
    counts,
    of('once')?.unknown ? '`once`' : '-',
    each((row) => row.payments),
    each((row) => (row.isSame ? 'yes' : 'no')),
  ].join(' | ')
}

function byPoint(left, right) {
  const numberOf = (line) => Number(/\| P(\d+)/.exec(line)?.[1])
  return numberOf(left) - numberOf(right) || (left < right ? -1 : 1)
}
