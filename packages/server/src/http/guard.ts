import type { ResolvedOptions } from '../options.ts'
import type { Principal } from '../principal.ts'
import { Refusal } from './refusal.ts'

const loopbackNames = ['localhost', '127.0.0.1', '[::1]']

/** Where a request comes from, as the one who got it from a socket knows it. */
export interface Connection {
  /** True when both ends of the socket are on this machine. */
  readonly isLoopback: boolean
}

/** Decides which requests are served, and whose they are. No other code does this. */
export class Guard {
  readonly #options: Pick<ResolvedOptions, 'authorize' | 'hosts' | 'origins'>

  constructor(options: Pick<ResolvedOptions, 'authorize' | 'hosts' | 'origins'>) {
    this.#options = options
  }

  /**
   * Checks the name under which the server was reached: a page can let its own name point to this machine.
   *
   * @throws {Refusal} 421.
   */
  checkHost(request: Request): void {
    const host = (request.headers.get('host') ?? new URL(request.url).host).toLowerCase()
    const name = host.replace(/:\d+$/, '')
    const hosts = (this.#options.hosts ?? loopbackNames).map((item) => item.toLowerCase())
    if (!hosts.includes(host) && !hosts.includes(name)) {
      throw new Refusal(421, ['unknown-host', 'The server is not reached under this name. Add the name to `hosts`.'])
    }
  }

  /**
   * Checks which page sends the request.
   *
   * @returns The headers that let a page of another origin read the response.
   * @throws {Refusal} 403 for a page of an origin that is not allowed.
   */
  checkOrigin(request: Request): Readonly<Record<string, string>> {
    const origin = request.headers.get('origin')
    if (origin !== null && this.#options.origins?.includes(origin)) {
      return {
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'capstan-run-id, location, retry-after',
        vary: 'origin',
      }
    }
    if (origin !== null && !isSameOrigin(origin, request)) throw new Refusal(403, ['origin-not-allowed', 'Pages of this origin may not call the server.'])
    const site = request.headers.get('sec-fetch-site')
    if (origin === null && (site === 'cross-site' || site === 'same-site')) {
      throw new Refusal(403, ['origin-not-allowed', 'Pages of other origins may not call the server.'])
    }
    return {}
  }

  /** @throws {Refusal} 401. */
  async authenticate(request: Request, connection: Connection): Promise<Principal> {
    const { authorize } = this.#options
    if (authorize === undefined) return localPrincipal(request, connection)
    const principal = await authorize(request)
    if (principal === undefined || principal === null)
      throw new Refusal(401, ['unauthorized', 'Say who you are.'], { headers: { 'www-authenticate': 'Bearer' } })
    if (typeof principal.id !== 'string' || principal.id === '' || principal.id.length > 200) {
      throw new TypeError('`authorize` must return a principal with an `id` of 1 to 200 characters, or undefined.')
    }
    return principal
  }
}

/** The answer to a preflight request of an allowed origin. */
export function preflightHeaders(methods: readonly string[]): Readonly<Record<string, string>> {
  return {
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': 'authorization, content-type, idempotency-key, last-event-id',
    'access-control-max-age': '600',
  }
}

function localPrincipal(request: Request, { isLoopback }: Connection): Principal {
  // A proxy on this machine brings requests of others over the loopback address.
  const isForwarded = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'via'].some((name) => request.headers.has(name))
  if (isLoopback && !isForwarded) return { id: 'local' }
  throw new Refusal(401, ['unauthorized', 'Without `authorize`, the server serves only programs on its own machine.'])
}

function isSameOrigin(origin: string, request: Request): boolean {
  const host = request.headers.get('host') ?? new URL(request.url).host
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase()
}
