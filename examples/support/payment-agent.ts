import { Agent, tool } from 'capstan'
import { z } from 'zod'
import { exampleModel } from './example-model.ts'

// region tool
const payInvoice = tool({
  name: 'pay_invoice',
  description: 'Pays an invoice.',
  inputSchema: z.object({ invoice: z.string().describe('Number of the invoice, such as INV-7.') }),
  effect: 'once',
  needsApproval: true,
  execute: ({ invoice }, { idempotencyKey }) => `Paid ${invoice} (key ${idempotencyKey}).`,
})
// endregion

/** An agent that pays invoices after a person approves. It is the same on every host. */
export async function paymentAgent(): Promise<{ readonly agent: Agent; close(): Promise<void> }> {
  const { model, close } = await exampleModel()
  return { agent: new Agent({ model, tools: [payInvoice] }), close }
}
