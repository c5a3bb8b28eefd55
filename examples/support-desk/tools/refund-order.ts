import { type Tool, type ToolCallContext, ToolError, tool } from 'capstan'
import { z } from 'zod'
import { confirmAtBank } from '../bank.ts'
import { type DeskStore, Refused } from '../store/desk-store.ts'
import type { Desk } from './desk-tools.ts'
import { orderNumber } from './orders.ts'

/** Refunds above this amount need a supervisor, and the smaller ones of an order may be as much together: many small amounts are a large one. */
const freeRefundCents = 2_000

export function refundOrder(store: DeskStore): Tool<Desk> {
  return tool({
    name: 'refund_order',
    description: 'Pays back a part of an order. Look at the order first. A supervisor approves larger amounts.',
    inputSchema: z.object({
      order: orderNumber,
      cents: z.number().int().positive().describe('Amount in cents of a euro: 4990 for 49.90 EUR.'),
      reason: z.string().min(3).max(300).describe('Why, in one sentence, for the books.'),
    }),
    // The key of the call is the primary key of the refund. So a call that was cut off by a crash is simply made again: it finds its refund.
    effect: 'idempotent',
    reaches: ['money'],
    // Money goes only to whoever paid, so the order is the destination. If the customer did not name it, a supervisor is asked about any amount.
    targets: ({ order }) => [order],
    needsApproval: ({ cents }) => cents > freeRefundCents,
    execute: async ({ order, cents, reason }, { context, idempotencyKey, signal, progress }: ToolCallContext<Desk>) => {
      // The store decides this together with the change, because the calls of one step are judged before any of them runs.
      const free = cents <= freeRefundCents ? { freeCents: freeRefundCents } : {}
      const refund = await store.refund({ key: idempotencyKey, customer: context.customer.id, order, cents, reason, ...free }).catch(explained)
      progress('The refund is in the books. Waiting for the bank.')
      await confirmAtBank(refund.key, signal)
      await store.confirmRefund(refund.key)
      return { order, cents: refund.cents, state: 'confirmed' }
    },
  })
}

/** What the desk refuses is an answer for the model. Everything else is a fault, whose text stays on the server. */
function explained(error: unknown): never {
  throw error instanceof Refused ? new ToolError(error.message) : error
}
