import { type Tool, type ToolCallContext, tool } from 'capstan'
import { z } from 'zod'
import { handToMailServer } from '../mail-server.ts'
import type { DeskStore } from '../store/desk-store.ts'
import type { Desk } from './desk-tools.ts'

export function sendEmail(store: DeskStore): Tool<Desk> {
  return tool({
    name: 'send_email',
    description: 'Sends an e-mail in the name of the shop.',
    inputSchema: z.object({ to: z.email(), subject: z.string().max(150), body: z.string().max(5_000) }),
    // A mail server does not know keys. After a crash in the middle of a call, a supervisor is asked whether the mail was sent.
    effect: 'once',
    reaches: ['external'],
    // An address that the customer wrote needs no question. Any other one does, once the agent has read what a stranger may have written.
    targets: ({ to }) => [to],
    execute: async ({ to, subject, body }, { context, idempotencyKey, signal }: ToolCallContext<Desk>) => {
      await handToMailServer({ to, subject, body }, signal)
      await store.addEmail({ key: idempotencyKey, customer: context.customer.id, to, subject, body })
      return `Sent to ${to}.`
    },
  })
}
