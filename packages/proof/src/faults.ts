import { parseArgs } from 'node:util'
import { allCases } from './cases/all-cases.ts'
import { shortenJitter } from './lab/random.ts'
import { runCases, tableOf } from './matrix.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    seed: { type: 'string' },
  },
})
const only = values.only?.split(',').map((id) => id.trim().toUpperCase())
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed)
const chosen = allCases.filter(({ id, slow }) => (only === undefined ? !(values.quick && slow === true) : only.includes(id)))

shortenJitter()
const rows = await runCases(chosen, { quick: values.quick, seed, atOnce: 4 })
const failed = rows.filter(({ ok }) => !ok)
if (values.json) console.log(JSON.stringify({ seed, rows }, undefined, 2))
else {
  console.log(tableOf(rows))
  console.log(`\n${rows.length} cases, ${rows.length - failed.length} ok, ${failed.length} not ok. Seed ${seed}.`)
}
process.exitCode = failed.length > 0 ? 1 : 0
