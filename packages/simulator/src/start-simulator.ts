import { Accounts } from './billing/accounts.ts'
import { dialects } from './dialects/dialect-of.ts'
import { simulatedEndpoints } from './endpoints/endpoints.ts'
import { greetingFor } from './faults/apply-faults.ts'
import { type FaultRule, faultsFor } from './faults/fault.ts'
import { checkHost } from './http/check-host.ts'
import { RequestLog } from './http/request-log.ts'
import { type RouteContext, routeRequest } from './http/route-request.ts'
import { type RoutedResponse, serve } from './http/serve.ts'
import { checkOptions } from './options/check-options.ts'
import type { SimulatedRequest, Simulator, SimulatorOptions } from './options/options.ts'
import { type Rejection, setupError } from './rejection.ts'
import { ResponseSource } from './replies/response-source.ts'
import { Seeded } from './seeded.ts'
import { PromptWriter } from './tokens/prompt.ts'
import { PromptCache } from './tokens/prompt-cache.ts'
import { jsonTransmission, type Transmission } from './wire/transmission.ts'

const DEFAULT_MAX_BODY_BYTES = 32 * 1024 * 1024
const DEFAULT_MAX_LOG_BYTES = 64 * 1024 * 1024

/**
 * Starts an HTTP server that answers chat completion requests as the providers document them.
 *
 * @throws {TypeError} If an option, a scripted reply or a fault has an unknown key, lacks one, or holds a wrong value.
 * @throws {Error} If the port is in use or the address cannot be used.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  checkOptions(options)
  const log = new RequestLog(options.maxLogBytes ?? DEFAULT_MAX_LOG_BYTES)
  const context = contextOf(options)
  const { endpoint, seeded, source, faults } = context
  const { host = '127.0.0.1', allowedHosts = [] } = options
  const serving = await serve({
    host,
    port: options.port ?? 0,
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    log,
    greeting: (number) => greetingFor(faultsFor(faults, number, (label) => seeded.fraction(`connection ${label}`))),
    refuse: refusalOf(faults),
    refuseHost(header, localAddress) {
      const rejection = checkHost(header, localAddress, { host, allowedHosts })
      return rejection === undefined ? undefined : rejected(rejection, context)
    },
    route: (request, isTooLarge) => routeSafely(request, isTooLarge, context),
  })
  async function close(): Promise<void> {
    log.close()
    await serving.close()
  }
  return {
    baseURL: `http://${host.includes(':') ? `[${host}]` : host}:${serving.address.port}${endpoint.basePath}`,
    requests: log.requests,
    get requestCount() {
      return log.count
    },
    waitForRequest: (count) => log.waitFor(count),
    assertDone: () => source.assertDone(),
    bill: (model) => context.accounts.bill(model),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function contextOf(options: SimulatorOptions): RouteContext {
  const endpoint = simulatedEndpoints[options.endpoint ?? 'evolink']
  return {
    endpoint,
    apiKey: options.apiKey,
    models: (options.models ?? endpoint.models).map((model) => ({ ...model, contextTokens: options.contextTokens ?? model.contextTokens })),
    strict: options.strict ?? {},
    faults: options.faults ?? [],
    chunkDelayMs: options.chunkDelayMs ?? 0,
    source: new ResponseSource(options),
    prompts: new PromptWriter(),
    cache: new PromptCache(options.now ?? Date.now),
    accounts: new Accounts(options.prices ?? {}),
    seeded: new Seeded(options.seed ?? 1),
  }
}

function refusalOf(rules: readonly FaultRule[]): { readonly forMs: number | undefined } | undefined {
  const fault = rules.map((rule) => rule.fault).find(({ kind }) => kind === 'refuse')
  return fault?.kind === 'refuse' ? { forMs: fault.forMs } : undefined
}

/** `respond` is the caller's code: when it throws, the request is refused, and `assertDone` fails. */
function routeSafely(request: SimulatedRequest, isTooLarge: boolean, context: RouteContext): RoutedResponse {
  try {
    return routeRequest(request, isTooLarge, context)
  } catch (error) {
    const message = `The response to request ${request.index + 1} could not be made: ${String(error)}`
    context.source.addProblem(message)
    return { transmission: rejected(setupError(message, 'simulator_error'), context), bill: undefined }
  }
}

function rejected(rejection: Rejection, { endpoint }: RouteContext): Transmission {
  return jsonTransmission(dialects[endpoint.family].error(rejection), rejection.status, rejection.headers)
}
