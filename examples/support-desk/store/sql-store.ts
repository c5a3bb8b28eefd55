import { type DeskStore, type Email, type Order, type Refund, refusalOf, tooManySmall, type WantedRefund } from './desk-store.ts'
import { firstOrders } from './seed.ts'

export type SqlValue = string | number
export type SqlRow = Readonly<Record<string, unknown>>

/** A database that understands the statements below, with `$1` for the first value. */
export interface Sql {
  query(text: string, values?: readonly SqlValue[]): Promise<readonly SqlRow[]>
  /** All changes of `work` happen, or none. */
  transaction<Result>(work: (sql: Pick<Sql, 'query'>) => Promise<Result>): Promise<Result>
  /** Lets one process at a time make the tables, where a transaction is not enough for that. */
  readonly setupLock?: string
  close(): Promise<void>
}

// The primary key of `desk_refunds` makes a refund happen once. The check makes sure that nobody gets back more than was paid.
const tables = [
  `CREATE TABLE IF NOT EXISTS desk_orders (
    id TEXT PRIMARY KEY, customer TEXT NOT NULL, items TEXT NOT NULL, paid_cents INTEGER NOT NULL, refunded_cents INTEGER NOT NULL,
    status TEXT NOT NULL, note TEXT NOT NULL, CHECK (refunded_cents BETWEEN 0 AND paid_cents))`,
  `CREATE TABLE IF NOT EXISTS desk_refunds (
    key TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES desk_orders, cents INTEGER NOT NULL CHECK (cents > 0), reason TEXT NOT NULL, state TEXT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS desk_emails (
    key TEXT PRIMARY KEY, customer TEXT NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL)`,
]
const orderValues = 'INSERT INTO desk_orders VALUES ($1, $2, $3, $4, 0, $5, $6) ON CONFLICT (id) DO NOTHING'

/** Keeps the data of the desk in a database. The same statements work in PostgreSQL and in SQLite. */
export async function sqlStore(kind: string, sql: Sql): Promise<DeskStore> {
  await sql.transaction(async ({ query }) => {
    for (const statement of [...(sql.setupLock === undefined ? [] : [sql.setupLock]), ...tables]) await query(statement)
    for (const { id, customer, items, paidCents, status, note } of firstOrders) {
      await query(orderValues, [id, customer, JSON.stringify(items), paidCents, status, note])
    }
  })
  return {
    kind,
    ordersOf: async (customer) => (await sql.query('SELECT * FROM desk_orders WHERE customer = $1 ORDER BY id', [customer])).map(toOrder),
    refund: (wanted) => sql.transaction((connection) => refund(connection, wanted)),
    confirmRefund: async (key) => void (await sql.query("UPDATE desk_refunds SET state = 'confirmed' WHERE key = $1", [key])),
    refunds: async () => (await sql.query('SELECT * FROM desk_refunds ORDER BY key')).map(toRefund),
    addEmail: async ({ key, customer, to, subject, body }) =>
      void (await sql.query('INSERT INTO desk_emails VALUES ($1, $2, $3, $4, $5)', [key, customer, to, subject, body])),
    emails: async () => (await sql.query('SELECT * FROM desk_emails ORDER BY key')).map(toEmail),
    close: () => sql.close(),
  }
}

async function refund({ query }: Pick<Sql, 'query'>, wanted: WantedRefund): Promise<Refund> {
  const { key, customer, order, cents, reason, freeCents } = wanted
  const find = async (): Promise<Order | undefined> =>
    (await query('SELECT * FROM desk_orders WHERE id = $1 AND customer = $2', [order, customer])).map(toOrder)[0]
  if ((await find()) === undefined) throw refusalOf(undefined, wanted)
  // Of two transactions with the same key, the second one waits here for the first, and then finds its refund.
  const [added] = await query("INSERT INTO desk_refunds VALUES ($1, $2, $3, $4, 'sent') ON CONFLICT (key) DO NOTHING RETURNING *", [key, order, cents, reason])
  if (added === undefined) {
    const [known] = await query('SELECT * FROM desk_refunds WHERE key = $1', [key])
    if (known !== undefined) return toRefund(known)
    throw new Error(`The refund ${key} is neither new nor known.`)
  }
  // The condition is part of the change, so two refunds at the same time cannot both see the same rest.
  const change = 'UPDATE desk_orders SET refunded_cents = refunded_cents + $1 WHERE id = $2 AND refunded_cents + $1 <= paid_cents RETURNING id'
  if ((await query(change, [cents, order])).length === 0) throw refusalOf(await find(), wanted)
  if (freeCents !== undefined) {
    // After the change, which lets one refund of an order wait for another: so the sum has those that came first, and this one.
    const [small] = await query('SELECT SUM(cents) AS cents FROM desk_refunds WHERE order_id = $1 AND cents <= $2', [order, freeCents])
    if (Number(small?.['cents']) > freeCents) throw tooManySmall(order, freeCents)
  }
  return toRefund(added)
}

function toOrder(row: SqlRow): Order {
  return {
    id: String(row['id']),
    customer: String(row['customer']),
    items: JSON.parse(String(row['items'])),
    paidCents: Number(row['paid_cents']),
    refundedCents: Number(row['refunded_cents']),
    status: String(row['status']),
    note: String(row['note']),
  }
}

function toRefund(row: SqlRow): Refund {
  const state = row['state'] === 'confirmed' ? 'confirmed' : 'sent'
  return { key: String(row['key']), order: String(row['order_id']), cents: Number(row['cents']), reason: String(row['reason']), state }
}

function toEmail(row: SqlRow): Email {
  const [key, customer, to, subject, body] = ['key', 'customer', 'recipient', 'subject', 'body'].map((name) => String(row[name]))
  return { key: key ?? '', customer: customer ?? '', to: to ?? '', subject: subject ?? '', body: body ?? '' }
}
