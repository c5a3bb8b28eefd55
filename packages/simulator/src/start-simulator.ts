import { createAnswerSource } from './answers/answer-source.ts'
import { simulatedEndpoints } from './endpoints/endpoints.ts'
import type { EndpointName, SimulatedEndpoint } from './endpoints/simulated-endpoint.ts'
import { greetingFor } from './faults/apply-faults.ts'
import { type FaultRule, faultsFor } from './faults/fault.ts'
import { createRequestLog } from './http/request-log.ts'
import { type RouteContext, routeRequest } from './http/route-request.ts'
import { serve } from './http/serve.ts'
import type { SimulatedRequest, Simulator, SimulatorOptions } from './options.ts'
import { createSeeded } from './seeded.ts'
import { createPromptCache } from './tokens/prompt-cache.ts'
import { jsonTransmission, type Transmission } from './wire/transmission.ts'

const DEFAULT_MAX_BODY_BYTES = 32 * 1024 * 1024

/**
 * Starts an HTTP server that answers chat completions as the providers document them.
 *
 * @throws {Error} If the endpoint is not known, the port is taken or the address cannot be used.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const log = createRequestLog()
  const source = createAnswerSource(options.script, options.respond)
  const endpoint = endpointOf(options.endpoint ?? 'evolink')
  const context = {
    endpoint,
    apiKey: options.apiKey,
    models: options.models ?? endpoint.models,
    strict: options.strict ?? {},
    faults: options.faults ?? [],
    chunkDelayMs: options.chunkDelayMs ?? 0,
    source,
    cache: createPromptCache(),
    seeded: createSeeded(options.seed ?? 1),
  }
  const host = options.host ?? '127.0.0.1'
  const serving = await serve({
    host,
    port: options.port ?? 0,
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    log,
    greeting: (number) => greetingFor(faultsFor(context.faults, number, (label) => context.seeded.fraction(`connection ${label}`))),
    refuse: refusalOf(context.faults),
    route: (request, isTooLarge) => routeSafely(request, isTooLarge, context),
  })
  async function close(): Promise<void> {
    log.close()
    await serving.close()
  }
  return {
    baseURL: `http://${host.includes(':') ? `[${host}]` : host}:${serving.address.port}${endpoint.basePath}`,
    requests: log.requests,
    waitForRequest: (count) => log.waitFor(count),
    assertDone: () => source.assertDone(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function endpointOf(name: EndpointName): SimulatedEndpoint {
  // Callers without types can name anything.
  const endpoint = Object.hasOwn(simulatedEndpoints, name) ? simulatedEndpoints[name] : undefined
  if (endpoint === undefined) throw new Error(`There is no endpoint '${name}': ${Object.keys(simulatedEndpoints).join(', ')}.`)
  return endpoint
}

function refusalOf(rules: readonly FaultRule[]): { readonly forMs: number | undefined } | undefined {
  const fault = rules.map((rule) => rule.fault).find(({ kind }) => kind === 'refuse')
  return fault?.kind === 'refuse' ? { forMs: fault.forMs } : undefined
}

/** `respond` is foreign code, and a script can hold what is no JSON: what they throw becomes a 500 and a failed `assertDone`. */
function routeSafely(request: SimulatedRequest, isTooLarge: boolean, context: RouteContext): Transmission {
  try {
    return routeRequest(request, isTooLarge, context)
  } catch (error) {
    const message = `The answer to request ${request.index + 1} could not be made: ${String(error)}`
    context.source.addProblem(message)
    return jsonTransmission({ error: { message, type: 'simulator_error', param: null, code: 'simulator_error' } }, 500)
  }
}
