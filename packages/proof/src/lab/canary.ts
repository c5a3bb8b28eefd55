import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'

/** How all made-up keys begin, so that one search finds any of them. */
const mark = 'canary-secret-'
const variable = 'CAPSTAN_CANARY_KEY'

/** Puts a made-up key into the environment, from where models read it, and names the variable. */
export function plantCanary(): { readonly name: string; readonly key: string } {
  process.env[variable] ??= `${mark}${randomBytes(8).toString('hex')}`
  return { name: variable, key: process.env[variable] ?? '' }
}

/** A made-up key of its own for each name: budgets are kept for each credential. */
export function canaryKey(name: string | number): string {
  return `${mark}${name}`
}

/** Whether a text shows a made-up key. */
export function hasCanary(text: string): boolean {
  return text.includes(mark)
}

/** Looks for a made-up key in a value: in its JSON, and in what `inspect` shows of it. */
export function findCanary(value: unknown): string | undefined {
  const texts = [
    typeof value === 'string' ? value : inspect(value, { depth: 12, showHidden: true, maxArrayLength: null, maxStringLength: null }),
    asJson(value),
  ]
  return texts.some((text) => text.includes(mark)) ? mark : undefined
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}
