import { asArray, asObject, isObject, type Json } from '../json.ts'
import { isBytes } from '../wire/places.ts'
import { eventAction, type Transmission } from '../wire/transmission.ts'
import type { FaultOf } from './fault.ts'

/** Lays the fault over every usage of an answer. */
export function changeUsage(transmission: Transmission, value: FaultOf<'usage'>['value'], maxTokens: number | undefined): Transmission {
  const last = transmission.actions.flatMap((action) => (isBytes(action) ? [findUsage(action.payload)] : [])).findLast((usage) => usage !== undefined)
  const actions = transmission.actions.map((action) => {
    if (!isBytes(action) || !isObject(action.payload)) return action
    const payload = replaceUsage(action.payload, usageFor(value, last, maxTokens))
    const bytes = action.role === 'event' ? eventAction(payload).bytes : Buffer.from(JSON.stringify(payload))
    return { ...action, payload, bytes }
  })
  return { ...transmission, actions }
}

type UsageChange = (old: Json | undefined) => Json | undefined

function usageFor(value: FaultOf<'usage'>['value'], last: Json | undefined, maxTokens: number | undefined): UsageChange {
  switch (value) {
    case 'missing':
      return () => undefined
    case 'every-event':
      return () => last
    case 'negative':
      return (old) => (isObject(old) ? mapNumbers(old, (count) => -count) : old)
    case 'text':
      return (old) => (isObject(old) ? mapNumbers(old, (count) => `${count} tokens`) : old)
    case 'fraction':
      return (old) => (isObject(old) ? mapNumbers(old, (count) => count + 0.5) : old)
    case 'at-limit':
      return (old) => (isObject(old) && maxTokens !== undefined ? { ...old, completion_tokens: maxTokens } : old)
  }
}

function mapNumbers(usage: Json, change: (count: number) => Json): Json {
  if (typeof usage === 'number') return change(usage)
  if (!isObject(usage)) return usage
  return Object.fromEntries(Object.entries(usage).map(([key, value]) => [key, value === undefined ? value : mapNumbers(value, change)]))
}

function findUsage(payload: Json | undefined): Json | undefined {
  const { usage, choices } = asObject(payload)
  if (isObject(usage)) return usage
  return asArray(choices)
    .map((choice) => asObject(choice)['usage'])
    .find(isObject)
}

function replaceUsage(payload: { readonly [key: string]: Json | undefined }, change: UsageChange): Json {
  const choices = asArray(payload['choices']).map((choice) => {
    const { usage, ...rest } = asObject(choice)
    const changed = usage === undefined ? undefined : change(usage)
    return changed === undefined ? rest : { ...rest, usage: changed }
  })
  const { usage, ...rest } = payload
  const changed = change(usage)
  return { ...rest, choices, ...(changed !== undefined && { usage: changed }) }
}
