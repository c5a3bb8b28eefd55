import { type DeskStore, type Email, leftOf, type Order, type Refund, refusalOf, tooManySmall } from './desk-store.ts'
import { openLog } from './log.ts'
import { firstOrders } from './seed.ts'

type Change =
  | { readonly type: 'refund'; readonly refund: Refund }
  | { readonly type: 'confirmed'; readonly key: string }
  | { readonly type: 'email'; readonly email: Email }

/** Keeps the data of the desk in one file: each change is a line, and counts once it is on the disk. For one process at a time. */
export async function fileStore(path: string): Promise<DeskStore> {
  const refunds = new Map<string, Refund>()
  const emails: Email[] = []
  const apply = (change: Change): void => {
    if (change.type === 'refund') refunds.set(change.refund.key, change.refund)
    else if (change.type === 'email') emails.push(change.email)
    else setConfirmed(refunds, change.key)
  }
  const log = await openLog(path)
  // Only this file writes these lines.
  for (const line of log.lines) apply(JSON.parse(line) as Change)
  const add = (change: Change): void => {
    log.append(JSON.stringify(change))
    apply(change)
  }
  const refundedOf = (id: string, most = Number.POSITIVE_INFINITY): number =>
    [...refunds.values()].filter(({ order, cents }) => order === id && cents <= most).reduce((sum, { cents }) => sum + cents, 0)
  const orders = (): readonly Order[] => firstOrders.map((order) => ({ ...order, refundedCents: refundedOf(order.id) }))

  return {
    kind: 'a file',
    ordersOf: async (customer) => orders().filter((order) => order.customer === customer),
    // It never waits between the check and the change, so two refunds at the same time cannot both see the same rest.
    async refund({ key, customer, order: id, cents, reason, freeCents }) {
      const known = refunds.get(key)
      if (known !== undefined) return known
      const order = orders().find((each) => each.id === id && each.customer === customer)
      if (order === undefined || cents > leftOf(order)) throw refusalOf(order, { order: id, cents })
      if (freeCents !== undefined && refundedOf(id, freeCents) + cents > freeCents) throw tooManySmall(id, freeCents)
      const refund: Refund = { key, order: id, cents, reason, state: 'sent' }
      add({ type: 'refund', refund })
      return refund
    },
    confirmRefund: async (key) => add({ type: 'confirmed', key }),
    refunds: async () => [...refunds.values()],
    addEmail: async (email) => add({ type: 'email', email }),
    emails: async () => emails,
    close: async () => log.close(),
  }
}

function setConfirmed(refunds: Map<string, Refund>, key: string): void {
  const refund = refunds.get(key)
  if (refund !== undefined) refunds.set(key, { ...refund, state: 'confirmed' })
}
