// What a tool can say: who called it, how far it is, what the model did wrong, and what repeating a call means.
import { Agent, type ToolCallContext, ToolError, tool } from 'capstan'
import { z } from 'zod'
import { exampleModel } from './support/example-model.ts'

const { model, close } = await exampleModel()
// region tool
interface Shop {
  readonly orders: ReadonlyMap<string, string>
}

const orderStatus = tool({
  name: 'order_status',
  description: 'Tells where an order is.',
  inputSchema: z.object({ order: z.string().describe('Number of the order, such as A-17.') }),
  effect: 'read', // a call may be repeated; the default is 'once': never repeated without asking a person
  retries: 2, // after an error that was thrown, with the same key
  timeoutMs: 10_000,
  execute: async ({ order }, { context, signal, progress }: ToolCallContext<Shop>) => {
    progress({ asked: order }) // an event of the run
    signal.throwIfAborted() // the run was stopped, or the time is over
    const place = context.orders.get(order)
    // The model reads this text and can correct its call. Any other error is not shown to it.
    if (place === undefined) throw new ToolError(`There is no order ${order}. Known are ${[...context.orders.keys()].join(', ')}.`)
    return { order, place } // text, or anything that has a JSON form
  },
})
// endregion
// region run
const agent = new Agent<Shop>({ model, tools: [orderStatus] })
const shop = { orders: new Map([['A-17', 'on its way to Oslo']]) }
const { steps } = await agent.generate('Where is order A-17?', { context: shop })
// endregion
const missing = await agent.generate('Where is order A-18?', { context: shop })
for (const { toolResults } of [...steps, ...missing.steps]) for (const { status, text } of toolResults) console.log(`${status}: ${text}`)
await close()
