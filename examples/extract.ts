// Structured extraction: the output is JSON that fits a schema. It is checked here, even if the endpoint guarantees it.
// region code
import { Agent, output } from 'capstan'
import { z } from 'zod'
// endregion
import { exampleModel } from './support/example-model.ts'

// region code
const invoice = z.object({
  name: z.string().describe('Name of the customer.'),
  amount: z.number().describe('Amount to pay.'),
})
// endregion

const { model, close } = await exampleModel()
// region code
const agent = new Agent({ model, instructions: 'Extract the invoice.', output: output(invoice) })
const result = await agent.generate('Please pay: invoice for "Wang Trading", 1,240 in total.')
const { name, amount } = result.outputOrThrow()
// endregion
console.log(JSON.stringify({ name, amount }))
await close()
