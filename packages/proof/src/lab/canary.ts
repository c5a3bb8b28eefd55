import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'

/** How all made-up keys begin, so that one search finds any of them. */
const mark = 'canary-secret-'
const variables = new WeakMap<object, string>()
let planted = 0

/**
 * Puts a made-up key for one server into the environment, from where models read it. Each server has a key of its own: retry budgets are
 * kept by address and key, and a later server may get the same address.
 *
 * @returns The name of the variable.
 */
export function plantCanary(server: object): string {
  const known = variables.get(server)
  if (known !== undefined) return known
  const name = `CAPSTAN_CANARY_KEY_${++planted}`
  process.env[name] = canaryKey(randomBytes(8).toString('hex'))
  variables.set(server, name)
  return name
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
