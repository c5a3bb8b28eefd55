import type { Conversation } from './conversation.ts'

/** What the rules understand of a question. */
export interface Intent {
  /** Number of the order, of the question or else the last one that was mentioned. */
  readonly order: string | undefined
  readonly wants: ReadonlySet<'refund' | 'email' | 'policy' | 'order' | 'list'>
  /** An amount that the question names, in cents. */
  readonly cents: number | undefined
  /** An address that the question names, or else that of the customer. */
  readonly address: string
}

const orderNumber = /\b[A-Z]-\d{4}\b/g
const signs = {
  refund: /refund|money back|broken|broke\b|damaged|chipped|cracked|wrong|never arrived|pay me back/i,
  email: /e-?mail|\bmail\b|in writing|confirmation/i,
  policy: /policy|terms|how long can i|conditions|how do refunds/i,
  order: /order|parcel|package|where|status|deliver|arriv|track|note/i,
  list: /\borders\b|what did i (?:buy|order)|everything i/i,
} as const

export function understand({ question, earlier, address }: Conversation): Intent {
  const wants = new Set((Object.keys(signs) as (keyof typeof signs)[]).filter((name) => signs[name].test(question)))
  const order = question.toUpperCase().match(orderNumber)?.at(-1) ?? (wants.has('list') ? undefined : earlier.match(orderNumber)?.at(-1))
  const [, whole, rest] =
    /(?:€|EUR)?\s*(?<![-\d])(\d{1,5})(?:[.,](\d\d))?(?!\d)\s*(?:€|EUR|euros?)/i.exec(question) ?? /(?:€|EUR)\s*(\d{1,5})(?:[.,](\d\d))?/i.exec(question) ?? []
  return {
    order,
    wants,
    cents: whole === undefined ? undefined : Number(whole) * 100 + Number(rest ?? 0),
    address: /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/.exec(question)?.[0] ?? address,
  }
}
