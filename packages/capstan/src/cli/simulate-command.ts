import { type EndpointName, parseFaultRule, simulatedEndpoints, startSimulator } from '@capstan/simulator'
import { parseSimulateArguments } from './arguments.ts'
import { exitCodes } from './exit-codes.ts'
import type { Host } from './host.ts'
import { UsageError } from './usage-error.ts'

/** `capstan simulate`: serves until it is interrupted. The base URL is the first line of stdout. */
export async function simulateCommand(words: readonly string[], host: Host): Promise<number> {
  const { endpoint, port, apiKey, faults, chunkDelayMs, seed } = parseSimulateArguments(words)
  const { name, url } = readEndpoint(endpoint)
  const rules = faults.map(readFault)
  const simulator = await startSimulator({ endpoint: name, port, chunkDelayMs, seed, faults: rules, ...(apiKey !== undefined && { apiKey }) })
  host.stdout.write(`${simulator.baseURL}\n`)
  host.stderr.write(`Simulating ${url} with its offline model (rule-based, not a language model). Ctrl-C ends it.\n`)
  await new Promise<void>((resolve) => {
    host.onInterrupt(resolve)
  })
  await simulator.close()
  return exitCodes.finished
}

function readEndpoint(name: string): (typeof simulatedEndpoints)[EndpointName] {
  const found = Object.values(simulatedEndpoints).find((endpoint) => endpoint.name === name)
  if (found === undefined) throw new UsageError(`--endpoint takes one of ${Object.keys(simulatedEndpoints).join(', ')}, not '${name}'.`)
  return found
}

function readFault(text: string): ReturnType<typeof parseFaultRule> {
  try {
    return parseFaultRule(text)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
