/** Where a server listens. */
export interface ListenOptions {
  /** Default: 0, a free port. */
  readonly port?: number
  /** Default: `127.0.0.1`. Another address needs `authorize` and `hosts`. */
  readonly host?: string
}

/** A server that listens. */
export interface Listening {
  readonly url: string
  readonly port: number
}
