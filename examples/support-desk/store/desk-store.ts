/** An order of a customer. Amounts are whole cents, because fractions of a double are not money. */
export interface Order {
  readonly id: string
  readonly customer: string
  readonly items: readonly { readonly name: string; readonly cents: number }[]
  readonly paidCents: number
  readonly refundedCents: number
  readonly status: string
  /** Written by whoever ordered: untrusted text. */
  readonly note: string
}

/** What is paid back. `key` is unique: the same key is the same refund, however often it is asked for. */
export interface Refund {
  readonly key: string
  readonly order: string
  readonly cents: number
  readonly reason: string
  /** `sent`: the bank was told. `confirmed`: it has answered. */
  readonly state: 'sent' | 'confirmed'
}

export interface Email {
  readonly key: string
  readonly customer: string
  readonly to: string
  readonly subject: string
  readonly body: string
}

/** A refund that is asked for. */
export type WantedRefund = Omit<Refund, 'state'> & {
  readonly customer: string
  /** True for one that no supervisor has seen: it must be the first of its order, or a large refund could be divided into small ones. */
  readonly mustBeFirst?: boolean
}

/** The data of the desk. There are two implementations: SQL (PostgreSQL, SQLite) and a journal in a file. */
export interface DeskStore {
  /** For people, such as `PostgreSQL`. */
  readonly kind: string
  /** The orders of one customer, the oldest first. No method returns an order by its id without the customer: see the tool `lookup_order`. */
  ordersOf(customer: string): Promise<readonly Order[]>
  /**
   * Pays back a part of an order, once for each key. With a known key it changes nothing and returns the refund that there is.
   *
   * @throws {Refused} If the customer has no such order, less is left of it, or it must be the first refund and is not.
   */
  refund(wanted: WantedRefund): Promise<Refund>
  confirmRefund(key: string): Promise<void>
  refunds(): Promise<readonly Refund[]>
  /** Keeps a mail that was sent. */
  addEmail(email: Email): Promise<void>
  emails(): Promise<readonly Email[]>
  close(): Promise<void>
}

/** The desk says no, and why. The model and the customer may read the message. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** Why an order is not refunded: there is no such order, it is not the first refund, or less is left of it than is wanted. */
export function refusalOf(order: Order | undefined, { order: id, cents, mustBeFirst = false }: Pick<WantedRefund, 'order' | 'cents' | 'mustBeFirst'>): Refused {
  if (order === undefined) return new Refused(`The customer has no order ${id}.`)
  if (mustBeFirst && order.refundedCents > 0) {
    return new Refused(`Order ${id} was refunded before. A further small refund is made by the staff, not by you: tell the customer to ask for a person.`)
  }
  return new Refused(`Only ${leftOf(order)} cents are left of order ${id}, so ${cents} cents cannot be refunded.`)
}

/** How much can still be refunded, in cents. */
export function leftOf({ paidCents, refundedCents }: Order): number {
  return paidCents - refundedCents
}
