import type { Tool } from '@capstan/core'
import { tool } from '@capstan/tools'

/** The only tool of the lab whose effect is `read`. */
export const readingToolName = 'look_up'

/** Two tools: one that must not be run twice, and one that reads. Each execution is noted by name. */
export function makeTools(executed: string[]): readonly Tool[] {
  return [
    tool({
      name: 'pay_bill',
      description: 'Pays a bill.',
      inputSchema: { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
      execute: () => {
        executed.push('pay_bill')
        return `paid, receipt ${executed.length}`
      },
    }),
    tool({
      name: readingToolName,
      description: 'Looks a word up.',
      inputSchema: { type: 'object', properties: { word: { type: 'string' } } },
      effect: 'read',
      repeatable: true,
      execute: (input) => {
        executed.push(readingToolName)
        return `found ${JSON.stringify(input)}`
      },
    }),
  ]
}
