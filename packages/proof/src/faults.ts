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
    // Leaves out the cases of defects that are known.
    sound: { type: 'boolean', default: false },
  },
})
const only = values.only?.split(',').map((id) => id.trim().toUpperCase())
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed)
const chosen = allCases
  .filter(({ id, slow }) => (only === undefined ? !(values.quick && slow === true) : only.includes(id)))
  // The recordings are long: a quick run of M1 and M2 is one of generated streams.
  .filter(({ slow, id }) => !(values.quick && slow === true && /^M/.test(id)))
  .filter(({ openDefect }) => !values.sound || openDefect === undefined)

shortenJitter()
if (!values.json) console.log(`${chosen.length} cases, seed ${seed}.\n`)
// Rows come as their cases end: the long ones last.
const rows = await runCases(chosen, { quick: values.quick, seed, atOnce: 4 }, (row) => {
  if (!values.json) console.log(tableOf([row]))
})
const failed = rows.filter(({ ok }) => !ok)
if (values.json) console.log(JSON.stringify({ seed, rows }, undefined, 2))
else {
  console.log(
    `\n${rows.length} cases, ${rows.length - failed.length} ok, ${failed.length} not ok, ${failed.filter(({ openDefect }) => openDefect !== undefined).length} of them known. Seed ${seed}.`,
  )
}
process.exitCode = failed.length > 0 ? 1 : 0
