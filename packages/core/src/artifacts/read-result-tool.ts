import { readResultName } from '../contract/built-in-names.ts'
import { isJsonObject, type Json } from '../contract/json.ts'
import { kindOf } from '../contract/options.ts'
import type { Tool, ToolCheck, ToolOutput } from '../contract/tool.ts'

/** A checked input of `read_result`. */
export interface ReadResultInput {
  readonly id: string
  readonly offset?: number
  readonly limit?: number
  readonly find?: string
}

/** What the loop gives to its own tools as their context. */
export interface BuiltInContext {
  /** Shows a part of an earlier result. */
  readonly readResult: (input: ReadResultInput) => Promise<ToolOutput>
}

/** The tool that shows the complete result of an earlier call. */
export const readResultTool: Tool<BuiltInContext> = {
  name: readResultName,
  description:
    'Shows more of an earlier tool result, by the id that stands where the result was cut, such as r12.0: up to 8 kB, by lines, or the lines that contain a text. ' +
    'To pass a result on unread, write {"$result":"r12.0"} as an argument of another tool, with "path" (a JSON pointer) for a part of a JSON result.',
  inputSchema: {
    type: 'object',
    properties: {
      id: { type: 'string', description: 'The id of the result, such as r12.0.' },
      offset: { type: 'integer', minimum: 1, description: 'The first line to show, from 1. Default: 1.' },
      limit: { type: 'integer', minimum: 1, description: 'The number of lines. Default: as many as fit.' },
      find: { type: 'string', description: 'Shows only lines with this text (any letter case), with the line before and after each.' },
    },
    required: ['id'],
    additionalProperties: false,
  },
  effect: 'read',
  repeatable: false,
  needsApproval: false,
  check: checkReadResult,
  // `check` made the value.
  run: (value, { context }) => context.readResult(value as ReadResultInput),
}

const names: readonly string[] = ['id', 'offset', 'limit', 'find']

function checkReadResult(input: Json): ToolCheck {
  if (!isJsonObject(input)) return { ok: false, message: `Expected an object with the id of a result, such as {"id":"r12.0"}, found ${kindOf(input)}.` }
  // Models send null for a property that they leave out.
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null))
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown !== undefined) return { ok: false, message: `There is no ${JSON.stringify(unknown.slice(0, 100))}. The properties are: ${names.join(', ')}.` }
  const { id, find } = given
  const coerced: string[] = []
  const offset = readCount(given, 'offset', coerced)
  const limit = readCount(given, 'limit', coerced)
  if (typeof id !== 'string' || id === '') return { ok: false, message: 'At /id, expected the id of a result, such as "r12.0".' }
  const wrong = Object.entries({ offset, limit }).find(([, value]) => value === 'wrong')
  if (wrong !== undefined) return { ok: false, message: `At /${wrong[0]}, expected a whole number from 1.` }
  if (find !== undefined && (typeof find !== 'string' || find === '')) return { ok: false, message: 'At /find, expected a text that is not empty.' }
  const value = { id, ...(offset !== undefined && { offset }), ...(limit !== undefined && { limit }), ...(find !== undefined && { find }) }
  return { ok: true, value, ...(coerced.length > 0 && { coerced }) }
}

function readCount(input: Readonly<Record<string, Json>>, name: string, coerced: string[]): number | 'wrong' | undefined {
  const given = input[name]
  if (given === undefined) return undefined
  const value = typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : given
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) return 'wrong'
  if (value !== given) coerced.push(`/${name}`)
  return value
}
