// What docs/from-ai-sdk.md and docs/from-openai-agents.md show of Capstan: approvals, agents that call agents, sessions.
import { Agent, approve, asTool, deny, fileSessions, Session, tool } from 'capstan'
import { z } from 'zod'
import { exampleModel } from './support/example-model.ts'

const { model, close } = await exampleModel()
const isAllowed = (about: unknown): boolean => JSON.stringify(about).includes('INV-7')
// region approval
const pay = tool({
  name: 'pay_invoice',
  description: 'Pays an invoice.',
  inputSchema: z.object({ invoice: z.string() }),
  needsApproval: true,
  execute: ({ invoice }) => `Paid ${invoice}.`,
})
const clerk = new Agent({ model, tools: [pay] })
let result = await clerk.generate('Pay the invoice "INV-7".')
if (result.state !== undefined) {
  const answers = Object.fromEntries(result.pending.map(({ id, about }) => [id, isAllowed(about) ? approve() : deny()]))
  result = await clerk.resume(result.state, { answers }).result
}
// endregion
console.log(`approval: ${result.text}`)
// region agents
const accountant = new Agent({ name: 'accountant', model, tools: [pay] })
const accounts = asTool(accountant, {
  name: 'ask_accountant',
  description: 'Pays one invoice, named by its number.',
  input: z.object({ invoice: z.string().describe('Number of the invoice.') }),
  prompt: ({ invoice }) => `Pay the invoice "${invoice}".`,
})
const office = new Agent({ name: 'office', model, tools: [accounts] })
const { children, pending } = await office.generate('Have the accountant pay the invoice "INV-8".')
// endregion
console.log(`agents: ${children.length} called, ${pending.length} question`)
// region session
const session = await Session.open(fileSessions(process.env['SESSIONS_FOLDER'] ?? '.capstan/sessions'), 'user-7')
const agent = new Agent({ model })
await agent.generate('Hello.', { session })
const { text } = await agent.generate('And goodbye.', { session })
// endregion
console.log(`session: ${session.messages.length} messages, ${text === '' ? 'nothing said' : 'answered'}`)
await close()
