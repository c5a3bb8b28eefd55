// The SDK calls `Promise.withResolvers`, which Node has from version 22 on. Without it every invocation fails and is retried.
if (!('withResolvers' in Promise)) {
  Object.defineProperty(Promise, 'withResolvers', { value: withResolvers, writable: true, configurable: true })
}

interface Resolvers<Value> {
  promise: Promise<Value>
  resolve: (value: Value | PromiseLike<Value>) => void
  reject: (reason?: unknown) => void
}

function withResolvers<Value>(this: PromiseConstructor): Resolvers<Value> {
  const resolvers = {} as Resolvers<Value> // Each field is set below, before the object is returned.
  resolvers.promise = new this<Value>((resolve, reject) => Object.assign(resolvers, { resolve, reject }))
  return resolvers
}
