// Runs cases of the matrix in this process, without a test runner: the exit code is 0 when all are ok.
import { allCases } from '../cases/all-cases.ts'
import { judge } from '../cases/judge.ts'
import { shortenJitter } from '../lab/random.ts'
import { isAsked } from '../suite/options.ts'

const [asked = '', mode] = process.argv.slice(2)
const quick = mode !== '--all'
const cases = allCases.filter(({ id, slow }) => isAsked(id, { only: [asked] }) && !(quick && slow === true && id.startsWith('M')))
if (cases.length === 0) throw new Error(`There is no case '${asked}'.`)
shortenJitter()
const broken: string[] = []
for (const one of cases) if ((await judge(one, { quick, seed: 1 })).some(({ ok }) => !ok)) broken.push(one.id)
for (const id of broken) console.log(id)
// A broken run may leave handles open.
process.exit(broken.length > 0 ? 1 : 0)
