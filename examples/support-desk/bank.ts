import { setTimeout as delay } from 'node:timers/promises'

/** How long the made-up bank takes, in milliseconds: long enough to see a refund in progress, or to kill the process in the middle of it. */
const bankMs = Number(process.env['DESK_BANK_MS'] ?? 1_500)

/**
 * Waits until the bank has confirmed a refund. REPLACE this by your payment provider, and give it `key` as its idempotency key: then it pays
 * once for the same key, as the table of refunds does.
 */
export async function confirmAtBank(_key: string, signal: AbortSignal): Promise<void> {
  await delay(bankMs, undefined, { signal })
}
