// The output of an agent may have any shape, here a list. What the model has written of it so far can be shown while it comes.
import { Agent } from 'capstan'
import { z } from 'zod'
import { exampleModel } from './support/example-model.ts'

const invoices = z.array(
  z.object({
    name: z.string().describe('Name of the customer.'),
    amount: z.number().describe('Amount to pay.'),
  }),
)

const { model, close } = await exampleModel()
const agent = new Agent({ model, instructions: 'Extract the invoices.', output: invoices })
const run = agent.stream('Please pay: invoice for "Wang Trading", 1,240 in total.')
// The list grows in place, and is not checked yet: any property may be missing.
for await (const partial of run.partialOutputStream) console.error(`so far: ${partial.map((invoice) => invoice.name ?? '…').join(', ')}`)

const checked = (await run.result).outputOrThrow()
console.log(checked.map(({ name, amount }) => `${name}: ${amount}`).join('\n'))
await close()
