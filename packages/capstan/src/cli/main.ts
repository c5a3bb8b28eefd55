import { createRequire } from 'node:module'
import { AgentError } from '@capstan/core'
import { CommandError, UsageError } from './command-line.ts'
import { exitCodeOfError, exitCodes } from './exit-codes.ts'
import { helpText } from './help.ts'
import type { Host } from './host.ts'
import { columnsOf } from './terminal/output.ts'
import { ShownText, say } from './terminal/shown-text.ts'
import { wrapText } from './terminal/wrap.ts'

/** Runs a command line and returns the exit code. Only the requested command is loaded. */
export async function main(args: readonly string[], host: Host): Promise<number> {
  try {
    return await checkOutput(args, await dispatch(args, host), host)
  } catch (error) {
    return report(error, host)
  }
}

async function dispatch(args: readonly string[], host: Host): Promise<number> {
  const [command, ...rest] = args
  if (command === undefined || command === 'help' || args.includes('--help') || args.includes('-h')) {
    host.stdout.write(helpText)
    return command === undefined ? exitCodes.usage : exitCodes.finished
  }
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
    case 'trace':
      return await (await import('./trace-command.ts')).traceCommand(rest, host)
    case 'replay':
      return await (await import('./replay-command.ts')).replayCommand(rest, host)
    case 'verify':
      return await (await import('./verify/command.ts')).verifyCommand(rest, host)
    case '--version':
    case '-v':
    case 'version':
      host.stdout.write(say`${version()}\n`)
      return exitCodes.finished
    default:
      throw new UsageError(`there is no command '${command}'. The commands are run, chat, demo, runs, trace, replay, simulate, verify and help.`)
  }
}

/** Commands whose output is their result: if it cannot be written, the result is lost. */
const workers = ['run', 'demo', 'chat', 'replay', 'verify', 'runs resume']

/** Corrects the exit code if stdout could not be written. For other commands, such as lists, a reader may close stdout early. */
async function checkOutput(args: readonly string[], code: number, { stdout, stderr }: Host): Promise<number> {
  const failure = await stdout.flush?.()
  const isClosed = failure?.code === 'EPIPE'
  const isWorker = workers.some((command) => command === args[0] || command === args.slice(0, 2).join(' '))
  if (failure === undefined || (isClosed && !isWorker)) return code
  const what = isClosed ? 'the reader of stdout closed it before everything was written' : `stdout cannot be written: ${failure.message}`
  stderr.write(say`error: ${what}. The missing output is lost, unless the run was recorded with --journal.\n`)
  return code === exitCodes.finished ? exitCodes.error : code
}

/** Writes an error for people; returns the exit code. */
export function report(error: unknown, { stderr }: Host): number {
  // Continuation lines are indented, so that a message cannot look like a line of the command.
  const write = (head: ShownText, text: string): unknown => stderr.write(say`${wrapText(say`${head}: ${ShownText.prose(text)}`, columnsOf(stderr), '  ')}\n`)
  if (error instanceof UsageError) {
    write(say`capstan`, error.message)
    stderr.write(say`For help: capstan --help\n`)
    return exitCodes.usage
  }
  if (AgentError.is(error)) {
    write(say`error (${error.code})`, error.message)
    return exitCodeOfError(error)
  }
  if (error instanceof CommandError || (error instanceof Error && 'syscall' in error)) write(say`error`, error.message)
  else write(say`error (internal, a defect of capstan or of the agent)`, error instanceof Error ? (error.stack ?? error.message) : String(error))
  return exitCodes.error
}

function version(): string {
  // The manifest of this package has a version.
  const manifest = createRequire(import.meta.url)('../../package.json') as { readonly version: string }
  return manifest.version
}
