import { type Tool, tool } from 'capstan'
import { z } from 'zod'

export const search: Tool = tool({
  name: 'search',
  description: 'Searches.',
  inputSchema: z.object({ words: z.string() }),
  effect: 'read',
  execute: () => 'The moon moves the sea.',
})

export const publish: Tool = tool({
  name: 'publish',
  description: 'Publishes an article.',
  inputSchema: z.object({ title: z.string() }),
  needsApproval: true,
  execute: ({ title }, { idempotencyKey }) => {
    console.log(`Publishing ${title} (${idempotencyKey})`)
    return `Published ${title}.`
  },
})
