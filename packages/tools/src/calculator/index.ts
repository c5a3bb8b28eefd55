import type { Tool } from '@capstan/core'
import { jsonSchema } from '../schema/json-schema.ts'
import { tool } from '../tool.ts'
import { evaluate } from './evaluate.ts'
import { formatQuantity } from './exact.ts'

/**
 * Calculates arithmetic expressions. A result that is a fraction is exact; a rounded result says that it is rounded. An invalid or
 * ambiguous expression is an error that gives the position.
 */
export const calculator: Tool = tool({
  name: 'calculator',
  description:
    'Calculates an arithmetic expression exactly. Takes + - * / ^ and parentheses, percent (17%, 17% of 2,340), remainder (17 mod 5), ' +
    'thousands separators outside function arguments, and sqrt, abs, round(x, places), floor, ceil, min, max, sum. No variables or units.',
  inputSchema: jsonSchema<{ expression: string }>({
    type: 'object',
    properties: { expression: { type: 'string', description: 'The expression, such as "17% of 2,340" or "round(1250 * 1.19 / 12, 2)".' } },
    required: ['expression'],
    additionalProperties: false,
  }),
  effect: 'read',
  execute: ({ expression }) => formatQuantity(evaluate(expression)),
})
