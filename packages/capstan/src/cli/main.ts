import { createRequire } from 'node:module'
import { AgentError } from '@capstan/core'
import { UsageError } from './command-line.ts'
import { exitCodes } from './exit-codes.ts'
import { helpText } from './help.ts'
import { type Host, processHost } from './host.ts'

/** Runs a command line and returns the exit code. Commands are loaded when they are asked for. */
export async function main(args: readonly string[], host: Host = processHost()): Promise<number> {
  const [command, ...rest] = args
  try {
    if (command === undefined || command === 'help' || args.includes('--help') || args.includes('-h')) {
      host.stdout.write(helpText)
      return command === undefined ? exitCodes.usage : exitCodes.finished
    }
    return await dispatch(command, rest, host)
  } catch (error) {
    if (error instanceof UsageError) {
      host.stderr.write(`capstan: ${error.message}\nTry: capstan --help\n`)
      return exitCodes.usage
    }
    if (!AgentError.is(error)) throw error
    host.stderr.write(`error (${error.code}): ${error.message}\n`)
    return error.code === 'invalid-options' ? exitCodes.usage : exitCodes.error
  }
}

async function dispatch(command: string, rest: readonly string[], host: Host): Promise<number> {
  switch (command) {
    case 'run':
    case 'demo':
      return await (await import('./run-command.ts')).runCommand(command, rest, host)
    case 'chat':
      return await (await import('./chat-command.ts')).chatCommand(rest, host)
    case 'runs':
      return await (await import('./runs-command.ts')).runsCommand(rest, host)
    case 'simulate':
      return await (await import('./simulate-command.ts')).simulateCommand(rest, host)
    case 'verify':
      return await (await import('./verify/command.ts')).verifyCommand(rest, host)
    case '--version':
    case '-v':
    case 'version':
      host.stdout.write(`${version()}\n`)
      return exitCodes.finished
    default:
      throw new UsageError(`there is no command '${command}'. The commands are run, chat, demo, runs, simulate, verify and help.`)
  }
}

function version(): string {
  // The file is ours: it has a version.
  const manifest = createRequire(import.meta.url)('../../package.json') as { readonly version: string }
  return manifest.version
}
