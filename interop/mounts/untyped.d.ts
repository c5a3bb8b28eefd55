// What the tests use of packages that have no types of their own.
type Handler = (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse, next: () => void) => void

interface Express {
  (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse): void
  use(handler: Handler): void
  use(path: string, handler: Handler): void
}

declare module 'express' {
  const express: { (): Express; json(): Handler }
  export = express
}

declare module 'express4' {
  const express: { (): Express; json(): Handler }
  export = express
}

declare module 'compression' {
  const compression: (options: { readonly threshold: number }) => Handler
  export = compression
}
