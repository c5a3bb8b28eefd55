import { parseFaultRule, type Simulator, type SimulatorOptions, simulatedEndpoints, startSimulator } from '@capstan/simulator'
import { CommandError, CommandLine, UsageError } from './command-line.ts'
import { exitCodes } from './exit-codes.ts'
import type { Host } from './host.ts'
import { say } from './terminal/shown-text.ts'

const options = {
  endpoint: { type: 'string' },
  port: { type: 'string' },
  'api-key': { type: 'string' },
  fault: { type: 'string', multiple: true },
  'chunk-delay': { type: 'string' },
  seed: { type: 'string' },
} as const

const endpointNames = Object.values(simulatedEndpoints).map(({ name }) => name)

/** `capstan simulate`: serves until it is interrupted. The base URL is the first line of stdout. */
export async function simulateCommand(words: readonly string[], host: Host): Promise<number> {
  const line = new CommandLine(words, options)
  line.refuseWordsBeyond(0, 'simulate')
  const endpoint = line.oneOf('endpoint', endpointNames) ?? 'evolink'
  const apiKey = line.text('api-key')
  const simulator = await start({
    endpoint,
    port: line.number('port', { least: 0, most: 65_535 }) ?? 0,
    chunkDelayMs: line.number('chunk-delay', { least: 0 }) ?? 0,
    seed: line.number('seed', { least: 0 }) ?? 1,
    faults: line.texts('fault').map(readFault),
    ...(apiKey !== undefined && { apiKey }),
  })
  host.stdout.write(say`${simulator.baseURL}\n`)
  const { url } = simulatedEndpoints[endpoint]
  host.stderr.write(say`Simulating ${url} with its offline model (rule-based, not a language model). Ctrl-C ends it.\n`)
  await new Promise<void>((resolve) => {
    host.onStop((cause) => {
      if (cause !== 'output-lost') resolve()
    })
  })
  await simulator.close()
  return exitCodes.finished
}

async function start(options: SimulatorOptions): Promise<Simulator> {
  try {
    return await startSimulator(options)
  } catch (error) {
    // For example, the port is in use. The message says what to do.
    throw new CommandError(error instanceof Error ? error.message : String(error))
  }
}

function readFault(text: string): ReturnType<typeof parseFaultRule> {
  try {
    return parseFaultRule(text)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
