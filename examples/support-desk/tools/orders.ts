import { type Tool, type ToolCallContext, ToolError, tool } from 'capstan'
import { z } from 'zod'
import type { DeskStore } from '../store/desk-store.ts'
import type { Desk } from './desk-tools.ts'

export const orderNumber = z
  .string()
  .regex(/^[A-Z]-\d{4}$/)
  .describe('Number of the order, such as A-1001.')

export function listOrders(store: DeskStore): Tool<Desk> {
  return tool({
    name: 'list_orders',
    description: 'Lists the orders of the customer: number, items, status.',
    inputSchema: z.object({}),
    effect: 'read',
    execute: async (_input, { context }: ToolCallContext<Desk>) =>
      (await store.ordersOf(context.customer.id)).map(({ id, items, status }) => ({ id, items: items.map(({ name }) => name), status })),
  })
}

export function lookupOrder(store: DeskStore): Tool<Desk> {
  return tool({
    name: 'lookup_order',
    description: 'Everything about one order of the customer. Amounts are in cents of a euro.',
    inputSchema: z.object({ order: orderNumber }),
    effect: 'read',
    // The note is written by whoever ordered, so it may hold instructions of a stranger.
    returns: 'untrusted',
    execute: async ({ order: id }, { context }: ToolCallContext<Desk>) => {
      const order = (await store.ordersOf(context.customer.id)).find((each) => each.id === id)
      if (order === undefined) throw new ToolError(`The customer has no order ${id}. list_orders shows the orders.`)
      return order
    },
  })
}
