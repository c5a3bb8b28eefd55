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
  /**
   * For a refund that no supervisor has seen: how much the refunds of its order that are no larger than this may be together. Otherwise a large
   * refund could be divided into small ones.
   */
  readonly freeCents?: number
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
   * @throws {Refused} If the customer has no such order, less is left of it, or its small refunds are too much together.
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

/** Why an order is not refunded: there is no such order, or less is left of it than is wanted. */
export function refusalOf(order: Order | undefined, { order: id, cents }: Pick<Refund, 'order' | 'cents'>): Refused {
  if (order === undefined) return new Refused(`The customer has no order ${id}.`)
  return new Refused(`Only ${leftOf(order)} cents are left of order ${id}, so ${cents} cents cannot be refunded.`)
}

/** Why a small refund is not made without a supervisor. */
export function tooManySmall(order: string, freeCents: number): Refused {
  return new Refused(
    `Without a supervisor, the small refunds of order ${order} may be ${freeCents} cents together. Tell the customer that a person will look at it.`,
  )
}

/** How much can still be refunded, in cents. */
export function leftOf({ paidCents, refundedCents }: Order): number {
  return paidCents - refundedCents
}
