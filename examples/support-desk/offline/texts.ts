export function money(cents: number): string {
  return `${(cents / 100).toFixed(2)} EUR`
}

export const greeting =
  'Hello! I am the support desk of this demo. Ask me where an order is, or for a refund: for example "Where is A-1002?" or "The espresso cups of A-1001 arrived broken, I want my money back." I can also send you a confirmation by e-mail.'

/** Long enough to stop it, and to reload the page in the middle of it. */
export const policy = [
  'Here is how refunds work in this shop.',
  '**What is refunded.** Whatever arrived broken, late or wrong, and whatever you send back within 30 days. You get back what you paid for the item; a part of an order can be refunded on its own.',
  '**How long it takes.** A refund is in our books at once. The bank confirms it within seconds in this demo, and within two days in reality.',
  '**Who decides.** Up to 20.00 EUR I can refund by myself. Above that a supervisor looks at the exact amount and the reason, and approves or denies it. You see the decision here.',
  '**What happens when something fails.** A refund has a key, and the same key is paid once. If our computers stop in the middle, they continue later with the same key, so you never get the money twice, and never lose it.',
  '**What I cannot do.** I see only your own orders. I cannot change prices, and I cannot promise what a supervisor will decide.',
  'Tell me the number of an order if you want to go on.',
].join('\n\n')
