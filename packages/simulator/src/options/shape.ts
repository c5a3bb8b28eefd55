import { nearestKey } from './nearest-key.ts'

/** Checks a value at a path such as `script[0].text`. Gives what is wrong with it, or `undefined`. */
export type Check = (value: unknown, path: string) => string | undefined

/** A check for every key of an object. A key without a check does not compile. */
export type Shape<Checked> = { readonly [Key in keyof Checked]-?: Check }

/** An object that has these keys only. Keys that are not required may be absent or `undefined`. */
export function object<Checked extends object>(shape: Shape<Checked>, required: readonly (keyof Checked & string)[] = []): Check {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${nameOf(path)} must be an object, not ${describe(value)}`
    if (value instanceof Promise) return `${nameOf(path)} must be an object, not a promise`
    return objectProblem(value, path, { shape: shape as Readonly<Record<string, Check>>, required })
  }
}

interface ObjectRules {
  readonly shape: Readonly<Record<string, Check>>
  readonly required: readonly string[]
}

function objectProblem(value: object, path: string, { shape, required }: ObjectRules): string | undefined {
  const keys = Object.keys(shape)
  const given = Object.entries(value)
  const unknown = given.find(([key]) => !keys.includes(key))
  if (unknown !== undefined) return unknownKey(unknown[0], path, keys)
  for (const [key, item] of given) {
    const found = item === undefined ? undefined : shape[key]?.(item, path === '' ? key : `${path}.${key}`)
    if (found !== undefined) return found
  }
  const missing = required.find((key) => Reflect.get(value, key) === undefined)
  return missing === undefined ? undefined : `${nameOf(path)} needs the key \`${missing}\``
}

/** Says that an object has no such key, which one was probably meant, and which ones there are. */
export function unknownKey(key: string, path: string, keys: readonly string[]): string {
  const nearest = nearestKey(key, keys)
  const hint = nearest === undefined ? '' : ` Did you mean \`${nearest}\`?`
  const known = keys.length === 0 ? 'It has no keys' : `Its keys are ${keys.join(', ')}`
  return `${nameOf(path)} has no key \`${key}\`.${hint} ${known}`
}

/** An array whose items pass the check. */
export function list(check: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return `${nameOf(path)} must be an array, not ${describe(value)}`
    for (const [index, item] of value.entries()) {
      const found = check(item, `${path}[${index}]`)
      if (found !== undefined) return found
    }
    return undefined
  }
}

/** An object with any keys, whose values pass the check. */
export function record(check: Check): Check {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${nameOf(path)} must be an object, not ${describe(value)}`
    return Object.entries(value)
      .map(([key, item]) => (item === undefined ? undefined : check(item, `${path}[${JSON.stringify(key)}]`)))
      .find((found) => found !== undefined)
  }
}

/** One of these words. */
export function oneOf(words: readonly string[]): Check {
  return (value, path) => {
    if (typeof value === 'string' && words.includes(value)) return undefined
    const nearest = typeof value === 'string' ? nearestKey(value, words) : undefined
    const hint = nearest === undefined ? '' : ` Did you mean '${nearest}'?`
    return `${nameOf(path)} must be one of ${words.join(', ')}, not ${describe(value)}.${hint}`
  }
}

/** A value that passes one of the checks; otherwise the problem that the last one finds. */
export function either(...checks: readonly Check[]): Check {
  return (value, path) => {
    const found = checks.map((check) => check(value, path))
    return found.includes(undefined) ? undefined : found.at(-1)
  }
}

/** A finite number in a range; `isWhole`: an integer. */
export function numberFrom(minimum: number, maximum: number = Number.POSITIVE_INFINITY, isWhole = false): Check {
  return (value, path) => {
    const isNumber = typeof value === 'number' && Number.isFinite(value) && (!isWhole || Number.isInteger(value))
    if (isNumber && value >= minimum && value <= maximum) return undefined
    const range =
      maximum === Number.POSITIVE_INFINITY ? (minimum === Number.NEGATIVE_INFINITY ? '' : ` of at least ${minimum}`) : ` from ${minimum} to ${maximum}`
    return `${nameOf(path)} must be ${isWhole ? 'an integer' : 'a number'}${range}, not ${describe(value)}`
  }
}

/** Any finite number. */
export const number: Check = numberFrom(Number.NEGATIVE_INFINITY)

/** An integer from 0 on, such as a count of bytes or events. */
export const count: Check = numberFrom(0, Number.POSITIVE_INFINITY, true)

/** A bound: an integer from 0 on, or Infinity. */
export const limit: Check = (value, path) => (value === Number.POSITIVE_INFINITY ? undefined : count(value, path))

/** Milliseconds. */
export const milliseconds: Check = numberFrom(0)

/** A string. */
export const text: Check = typed('string', 'a string')

/** A boolean. */
export const flag: Check = typed('boolean', 'a boolean')

/** A function. */
export const callback: Check = typed('function', 'a function')

/** Null, and nothing else. */
export const nothing: Check = (value, path) => (value === null ? undefined : `${nameOf(path)} must be null, not ${describe(value)}`)

/** A regular expression. */
export const pattern: Check = (value, path) => (value instanceof RegExp ? undefined : `${nameOf(path)} must be a regular expression, not ${describe(value)}`)

/** A value that can be written as JSON. */
export const json: Check = (value, path) => {
  try {
    if (JSON.stringify(value) !== undefined) return undefined
  } catch {
    // A circular value or a bigint: the message below says the same of both.
  }
  return `${nameOf(path)} must be a JSON value, not ${describe(value)}`
}

function typed(type: 'string' | 'boolean' | 'function', words: string): Check {
  return (value, path) => (typeof value === type ? undefined : `${nameOf(path)} must be ${words}, not ${describe(value)}`)
}

function nameOf(path: string): string {
  return path === '' ? 'The options object' : `\`${path}\``
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return value instanceof Promise ? 'a promise' : typeof value === 'object' ? 'an object' : typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`
}
