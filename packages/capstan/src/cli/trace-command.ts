import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { RunSource } from '@capstan/trace/viewer'
import { CommandLine, UsageError } from './command-line.ts'
import { exitCodes } from './exit-codes.ts'
import type { Host } from './host.ts'
import { isPostgres, shownLocation } from './open-journal.ts'
import { openTrace } from './open-trace.ts'
import { count } from './terminal/count.ts'
import { say } from './terminal/shown-text.ts'

const options = {
  follow: { type: 'boolean' },
  html: { type: 'string' },
  run: { type: 'string' },
  port: { type: 'string' },
} as const

/** `capstan trace`: shows recorded runs in a browser, or writes one into a file. */
export async function traceCommand(words: readonly string[], host: Host): Promise<number> {
  const line = new CommandLine(words, options)
  const [location] = line.words
  line.refuseWordsBeyond(1, 'trace')
  if (location === undefined) throw new UsageError('trace needs a file or folder: a trace, a tape or a journal.')
  const [html, run, port] = [line.text('html'), line.text('run'), line.number('port', { least: 0, most: 65_535 })]
  const isFollowing = line.flag('follow')
  if (html !== undefined && (isFollowing || port !== undefined)) throw new UsageError('--html writes a file once: it cannot be used with --follow or --port.')
  if (html === undefined && run !== undefined) throw new UsageError('--run chooses the run for --html: the viewer shows all runs.')
  const stopped = stopSignal(host)
  if (isFollowing && !isPostgres(location)) await waitFor(location, host, stopped)
  if (stopped.aborted) return exitCodes.finished
  const source = await openTrace(location)
  if (html !== undefined) return await writeHtml(source, { location, html, run, host })
  return await serve(source, { location, port: port ?? 0, isFollowing, host, stopped })
}

/** Aborts when the command must end. */
function stopSignal(host: Host): AbortSignal {
  const controller = new AbortController()
  host.onStop((cause) => {
    if (cause !== 'output-lost') controller.abort()
  })
  return controller.signal
}

async function waitFor(location: string, host: Host, stopped: AbortSignal): Promise<void> {
  const { isThere, waitForPath } = await import('@capstan/trace/viewer')
  if (await isThere(location)) return
  host.stderr.write(say`Waiting for ${location}. Ctrl-C ends it.\n`)
  await waitForPath(location, stopped)
}

interface Serving {
  readonly location: string
  readonly port: number
  readonly isFollowing: boolean
  readonly host: Host
  readonly stopped: AbortSignal
}

async function serve(source: RunSource, { location, port, isFollowing, host, stopped }: Serving): Promise<number> {
  const { serveViewer } = await import('@capstan/trace/viewer')
  const viewer = await serveViewer(source, { title: shownLocation(location), follow: isFollowing, port })
  host.stdout.write(say`${viewer.url}\n`)
  host.stderr.write(say`Open this address in a browser on this machine. Whoever has it can read the\n`)
  host.stderr.write(say`messages of the run. Ctrl-C ends it.\n`)
  if (!stopped.aborted) await once(stopped, 'abort')
  await viewer.close()
  return exitCodes.finished
}

interface Writing {
  readonly location: string
  readonly html: string
  readonly run: string | undefined
  readonly host: Host
}

async function writeHtml(source: RunSource, { location, html, run, host }: Writing): Promise<number> {
  const { writeReport } = await import('@capstan/trace/viewer')
  // Only its owner may read what a run said.
  const file = createWriteStream(html, { mode: 0o600 })
  const write = async (text: string): Promise<void> => {
    if (!file.write(text)) await once(file, 'drain')
  }
  const contents = await writeReport(source, write, { title: shownLocation(location), ...(run !== undefined && { run }) })
  file.end()
  await finished(file)
  host.stdout.write(say`${html}\n`)
  host.stderr.write(say`The run ${contents.runId}: ${count(contents.events, 'event')} and ${count(contents.exchanges, 'exchange')} of HTTP.\n`)
  host.stderr.write(say`The file holds the contents of all its messages, tool calls and results.\nLook at it before you pass it on.\n`)
  return exitCodes.finished
}
