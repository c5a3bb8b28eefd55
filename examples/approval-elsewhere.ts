// A payment that a person approves, in another process: run it once, decide, run it again.
//   node examples/dist/approval-elsewhere.js                  pauses and writes paused.json
//   node examples/dist/approval-elsewhere.js approve          continues from it; or: deny "too much"
import { readFile, writeFile } from 'node:fs/promises'
import { approve, deny, type RunResult } from 'capstan'
import { paymentAgent } from './support/payment-agent.ts'

const file = process.env['PAUSED_FILE'] ?? 'paused.json'
const [decision, reason] = process.argv.slice(2)

const { agent, close } = await paymentAgent()

let result: RunResult
if (decision === undefined) {
  result = await agent.generate('Pay the invoice "INV-7".')
} else {
  const { state, pending } = JSON.parse(await readFile(file, 'utf8'))
  const answer = decision === 'approve' ? approve() : deny(reason)
  result = await agent.resume(state, { answers: { [pending[0].id]: answer } }).result
}
if (result.status === 'paused') {
  await writeFile(file, JSON.stringify(result))
  console.log('Waiting for a decision about:', result.pending[0]?.about)
} else console.log(result.text)
await close()
