import { type Message, type Tool, ToolError } from '@capstan/core'
import { jsonSchema } from '../schema/json-schema.ts'
import { tool } from '../tool.ts'
import { formatPlan, type PlanItem, parsePlan, planLimits, planStates, problemOf } from './plan.ts'

export type { PlanItem } from './plan.ts'

const toolName = 'todo'

/**
 * Lets the model write down its plan and keep it up to date. Each call gives the complete plan, and its result is the complete plan, so the
 * state is the last recorded result: nothing is kept in the process, and a run that continues elsewhere has it. A long history that is
 * shortened keeps the results.
 */
export const todo: Tool = tool({
  name: toolName,
  description:
    'Writes down the plan of a task with several parts, and keeps it up to date. Give the complete plan in each call: it replaces the one before. ' +
    'Write it before the first part, set an item to "active" when you begin it and to "done" as soon as it is done. At most one item is active. ' +
    'Items that turn out to be unnecessary become "dropped". The result is the complete plan. Not for tasks of one or two parts.',
  inputSchema: jsonSchema<{ items: readonly PlanItem[] }>({
    type: 'object',
    properties: {
      items: {
        type: 'array',
        maxItems: planLimits.items,
        description: 'All items in their order, also those that are done. An empty list removes the plan.',
        items: {
          type: 'object',
          properties: {
            text: { type: 'string', minLength: 1, maxLength: planLimits.textLength, description: 'What to do, in one line.' },
            state: { type: 'string', enum: [...planStates] },
          },
          required: ['text', 'state'],
          additionalProperties: false,
        },
      },
    },
    required: ['items'],
    additionalProperties: false,
  }),
  effect: 'idempotent',
  pinned: true,
  execute({ items }) {
    const problem = problemOf(items)
    if (problem !== undefined) throw new ToolError(`The plan was not changed. ${problem}`)
    return formatPlan(items)
  },
})

/**
 * The plan that the last successful call of `todo` gave, such as for a display of progress.
 *
 * @param messages - Messages of a run or of a session, such as `result.messages`.
 * @returns The items; an empty list where the model removed its plan; `undefined` where there was none.
 */
export function readPlan(messages: readonly Message[]): readonly PlanItem[] | undefined {
  for (const message of messages.toReversed()) {
    const plan = plansIn(message).at(-1)
    if (plan !== undefined) return plan
  }
  return undefined
}

/** The plans of a message: results, or what a summary in the place of earlier messages keeps of them. */
function plansIn(message: Message): readonly (readonly PlanItem[])[] {
  const results =
    message.role === 'tool' ? message.content.filter(({ status }) => status === 'ok') : message.role === 'user' ? (message.summary?.kept ?? []) : []
  return results.flatMap((result) => (result.toolName === toolName ? [parsePlan(result.text)] : [])).filter((plan) => plan !== undefined)
}
