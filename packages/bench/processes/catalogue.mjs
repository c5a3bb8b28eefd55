// A fresh process: indexes a generated catalogue once, as a run does, and then searches it.
import { argv } from 'node:process'
import { ToolRanking } from '@capstan/core/catalogue'

const { tools: count, searches } = JSON.parse(argv[2] ?? '{}')
const mebibyte = 1024 * 1024
const collect = globalThis.gc ?? (() => {})

// What tools of companies are about. The words are put together by a generator whose start is fixed, so each run has the same catalogue.
const verbs = words(
  'create read update delete list search send approve cancel archive export import verify assign merge schedule publish restore convert count',
)
const things = words(
  'issue invoice customer order payment shipment contract ticket employee calendar meeting document image message channel repository branch deployment server ' +
    'database table query report dashboard alert budget account subscription refund coupon product warehouse supplier vehicle route flight hotel booking patient recipe',
)
const details = words(
  'identifier name status owner priority category start end limit offset currency amount address language format region label comment filter version reason email phone ' +
    'country timezone attachment template permission deadline quantity discount tax reference',
)
const phrases = words(
  'monthly pending external internal archived shared temporary verified recurring regional automatic manual overdue confidential weekly public draft final',
)

const random = generator(12)
const tools = Array.from({ length: count }, (_, index) => makeTool(index))
collect()
const heapBefore = process.memoryUsage().heapUsed
const cpuBefore = process.cpuUsage()
const started = performance.now()
const ranking = new ToolRanking(tools)
const indexMs = performance.now() - started
const { user, system } = process.cpuUsage(cpuBefore)
collect()
const heapMb = (process.memoryUsage().heapUsed - heapBefore) / mebibyte

const times = Array.from({ length: searches }, () => {
  const query = `${pick(verbs)} the ${pick(phrases)} ${pick(things)} by ${pick(details)} and ${pick(details)}`
  const since = performance.now()
  const found = ranking.search(query)
  const ms = performance.now() - since
  if (found.length !== 10) throw new Error(`A search for "${query}" found ${found.length} tools.`)
  return ms
}).sort((left, right) => left - right)

process.send?.({
  report: {
    indexMs,
    indexCpuMs: (user + system) / 1_000,
    heapMb,
    searchMs: times[Math.floor(times.length / 2)],
    slowSearchMs: times[Math.floor(times.length * 0.95)],
  },
})
process.disconnect?.()
process.exit()

function words(text) {
  return text.split(' ')
}

/** Numbers below 1 of a linear congruential generator. */
function generator(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function pick(list) {
  return list[Math.floor(random() * list.length)] ?? ''
}

function makeTool(index) {
  const [verb, thing] = [pick(verbs), pick(things)]
  const description =
    `${verb}s a ${pick(phrases)} ${thing} of the ${pick(things)} service and returns its ${pick(details)} and ${pick(details)}. ` +
    `Use it for a ${pick(phrases)} ${pick(things)}, not for one that is ${pick(phrases)}.`
  const properties = Object.fromEntries(
    Array.from({ length: 2 }, () => [
      `${pick(things)}_${pick(details)}`,
      { type: 'string', description: `The ${pick(details)} of the ${pick(phrases)} ${pick(things)}.` },
    ]),
  )
  return { name: `${verb}_${thing}_${index}`, description, inputSchema: { type: 'object', properties } }
}
