import { asArray, asObject, isObject, type Json, type JsonObject } from '../json.ts'
import { isBytes, isEvent } from '../wire/positions.ts'
import { eventAction, type Transmission } from '../wire/transmission.ts'
import type { UsageShape } from './fault.ts'
import { rewritePayloads } from './rewrite.ts'

interface UsageContext {
  /** The last usage of the response. */
  readonly last: JsonObject | undefined
  readonly maxTokens: number | undefined
}

type UsageChange = (usage: Json | undefined, context: UsageContext) => Json | undefined

/** The reasoning tokens that are reported for a reply without reasoning. */
const addedReasoning = 100

const changes: { readonly [Shape in UsageShape]: UsageChange } = {
  missing: () => undefined,
  null: (usage) => (usage === undefined ? undefined : null),
  'every-event': (_usage, { last }) => last,
  negative: (usage) => mapNumbers(usage, (count) => -count),
  text: (usage) => mapNumbers(usage, (count) => `${count} tokens`),
  fraction: (usage) => mapNumbers(usage, (count) => count + 0.5),
  zeros: (usage) => mapNumbers(usage, () => 0),
  'other-names': (usage) => (isObject(usage) ? { ...usage, input_tokens: 0, output_tokens: 0, input_tokens_details: null } : usage),
  'reasoning-beside': (usage) => (isObject(usage) ? reasoningBeside(usage) : usage),
  'at-limit': (usage, { maxTokens }) => (isObject(usage) && maxTokens !== undefined ? { ...usage, completion_tokens: maxTokens } : usage),
  twice: (usage) => usage,
  'zeros-last': (usage) => usage,
}

/** The words of the fault. */
export const usageShapes: readonly string[] = Object.keys(changes)

/** Changes every usage of a response. */
export function changeUsage(transmission: Transmission, shape: UsageShape, maxTokens: number | undefined): Transmission {
  const last = transmission.actions.flatMap((action) => (isBytes(action) ? [findUsage(action.payload)] : [])).findLast(isObject)
  const changed = rewritePayloads(transmission, (payload) => replaceUsage(payload, (usage) => changes[shape](usage, { last, maxTokens })))
  if (last === undefined || (shape !== 'twice' && shape !== 'zeros-last')) return changed
  return insertAfterUsage(changed, shape === 'twice' ? last : mapNumbers(last, () => 0))
}

/** Adds an event with a usage after the last one. */
function insertAfterUsage(transmission: Transmission, usage: Json | undefined): Transmission {
  const index = transmission.actions.findLastIndex((action) => isEvent(action) && findUsage(action.payload) !== undefined)
  const found = transmission.actions[index]
  if (found === undefined || !isBytes(found)) return transmission
  return { ...transmission, actions: transmission.actions.toSpliced(index + 1, 0, eventAction({ ...asObject(found.payload), choices: [], usage })) }
}

function reasoningBeside(usage: JsonObject): JsonObject {
  const details = asObject(usage['completion_tokens_details'])
  const { reasoning_tokens: reported } = details
  const [reasoning, output] =
    typeof reported === 'number' ? [reported, Number(usage['completion_tokens']) - reported] : [addedReasoning, usage['completion_tokens']]
  const total = Number(usage['prompt_tokens']) + Number(output) + reasoning
  return { ...usage, completion_tokens: output, total_tokens: total, completion_tokens_details: { ...details, reasoning_tokens: reasoning } }
}

function mapNumbers(usage: Json | undefined, change: (count: number) => Json): Json | undefined {
  if (typeof usage === 'number') return change(usage)
  if (!isObject(usage)) return usage
  return Object.fromEntries(Object.entries(usage).map(([key, value]) => [key, mapNumbers(value, change)]))
}

function findUsage(payload: Json | undefined): JsonObject | undefined {
  const { usage, choices } = asObject(payload)
  if (isObject(usage)) return usage
  return asArray(choices)
    .map((choice) => asObject(choice)['usage'])
    .find(isObject)
}

function replaceUsage(payload: JsonObject, change: (usage: Json | undefined) => Json | undefined): JsonObject {
  const choices = asArray(payload['choices']).map((choice) => {
    const { usage, ...rest } = asObject(choice)
    const changed = usage === undefined ? undefined : change(usage)
    return changed === undefined ? rest : { ...rest, usage: changed }
  })
  const { usage, ...rest } = payload
  const changed = change(usage)
  return { ...rest, choices, ...(changed !== undefined && { usage: changed }) }
}
