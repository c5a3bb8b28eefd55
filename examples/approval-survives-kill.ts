// A payment that a person approves. Kill the process with kill -9 at any moment and start it again: nothing is done twice.
//   node examples/dist/approval-survives-kill.js                  begins the run, or continues it
//   node examples/dist/approval-survives-kill.js approve          decides, from any process; or: deny "too much"
import { setTimeout } from 'node:timers/promises'
import { approve, decide, deny, fileJournal, openQuestions } from 'capstan'
import { paymentAgent } from './support/payment-agent.ts'

// region run
const journal = fileJournal(process.env['RUNS_FOLDER'] ?? '.capstan/runs')
const runId = 'invoice-7'
// endregion
const [decision, reason] = process.argv.slice(2)

if (decision === undefined) {
  const { agent, close } = await paymentAgent()
  // region run
  // An existing run continues from its records: no request and no tool call is repeated.
  const go = () => agent.generate('Pay the invoice "INV-7".', { journal, runId })
  let result = await go()
  // endregion
  if (result.status === 'paused') console.log('Waiting for a decision about:', result.pending[0]?.about)
  for (; result.stopReason === 'paused'; result = await go()) await setTimeout(200)
  console.log(result.stopReason, result.text)
  await close()
} else {
  const answer = decision === 'approve' ? approve() : deny(reason)
  // region decide
  for (const { id } of openQuestions(await journal.read(runId))) await decide(journal, runId, { [id]: answer })
  // endregion
}
