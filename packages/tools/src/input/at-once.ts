/**
 * Continues with a value now, or later where it is a promise: what can be done at once needs no promise, no timer and no turn of the event
 * loop.
 */
export function whenReady<Value, Result>(value: Value | PromiseLike<Value>, use: (value: Value) => Result | Promise<Result>): Result | Promise<Result> {
  return isPromiseLike(value) ? Promise.resolve(value).then(use) : use(value)
}

function isPromiseLike<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
