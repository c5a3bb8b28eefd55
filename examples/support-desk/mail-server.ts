import { setTimeout as delay } from 'node:timers/promises'

/** How long the made-up mail server takes, in milliseconds. */
const mailMs = Number(process.env['DESK_MAIL_MS'] ?? 500)

/** Hands a mail over. REPLACE this by your mail server. It knows no keys, so nobody can ask it later whether it has sent a mail. */
export async function handToMailServer(_mail: { readonly to: string; readonly subject: string; readonly body: string }, signal: AbortSignal): Promise<void> {
  await delay(mailMs, undefined, { signal })
}
