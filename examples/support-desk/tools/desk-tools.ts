import type { Tool } from 'capstan'
import type { Person } from '../people.ts'
import type { DeskStore } from '../store/desk-store.ts'
import { listOrders, lookupOrder } from './orders.ts'
import { refundOrder } from './refund-order.ts'
import { sendEmail } from './send-email.ts'

/** Whom the agent works for. It comes from the login, never from the model, so no text can make the tools look at the orders of somebody else. */
export interface Desk {
  readonly customer: Person
}

/** The tools of the agent, over the data of the desk. */
export function deskTools(store: DeskStore): readonly Tool<Desk>[] {
  return [listOrders(store), lookupOrder(store), refundOrder(store), sendEmail(store)]
}
