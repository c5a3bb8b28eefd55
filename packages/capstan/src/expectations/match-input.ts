/** Something like `expect.any(Number)` of vitest: it decides by itself. */
interface AsymmetricMatcher {
  asymmetricMatch(value: unknown): boolean
}

/**
 * Compares a value with what is expected of it. Objects may have further properties; lists must have the same length.
 *
 * @returns The first difference for people, such as `amount: 4 instead of 5`; `undefined` when the value fits.
 */
export function mismatchOf(value: unknown, expected: unknown, path = ''): string | undefined {
  if (isMatcher(expected)) return expected.asymmetricMatch(value) ? undefined : differs(value, expected, path)
  if (expected instanceof RegExp) return typeof value === 'string' && expected.test(value) ? undefined : differs(value, expected, path)
  if (Array.isArray(expected)) return mismatchOfList(value, expected, path)
  if (isObject(expected)) return mismatchOfObject(value, expected, path)
  return Object.is(value, expected) ? undefined : differs(value, expected, path)
}

function mismatchOfList(value: unknown, expected: readonly unknown[], path: string): string | undefined {
  if (!Array.isArray(value) || value.length !== expected.length) return differs(value, expected, path)
  return first(expected.map((item, index) => () => mismatchOf(value[index], item, `${path}[${index}]`)))
}

function mismatchOfObject(value: unknown, expected: Readonly<Record<string, unknown>>, path: string): string | undefined {
  if (!isObject(value) || Array.isArray(value)) return differs(value, expected, path)
  const names = Object.keys(expected)
  return first(
    names.map((name) => () => mismatchOf(Object.hasOwn(value, name) ? value[name] : undefined, expected[name], path === '' ? name : `${path}.${name}`)),
  )
}

function first(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const found = check()
    if (found !== undefined) return found
  }
  return undefined
}

function differs(value: unknown, expected: unknown, path: string): string {
  return `${path === '' ? 'the input' : path} is ${show(value)} instead of ${show(expected)}`
}

/** A value as JSON, at most 200 characters of it. */
export function show(value: unknown): string {
  const text = textOf(value)
  return text.length > 200 ? `${text.slice(0, 199)}…` : text
}

function textOf(value: unknown): string {
  if (value === undefined) return 'undefined'
  if (value instanceof RegExp) return String(value)
  return JSON.stringify(value, (_key, part: unknown) => (isMatcher(part) || part instanceof RegExp ? String(part) : part)) ?? String(value)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isMatcher(value: unknown): value is AsymmetricMatcher {
  return isObject(value) && typeof value['asymmetricMatch'] === 'function'
}
