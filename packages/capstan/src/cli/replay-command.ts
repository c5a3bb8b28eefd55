import { isJsonObject } from '@capstan/core/internal'
import { type Difference, type ReplayReport, readTape, readTrace, replayAgent, selectRun, showDifferences } from '@capstan/trace'
import { loadAgent } from './choose-agent.ts'
import { CommandLine, UsageError } from './command-line.ts'
import { exitCodes } from './exit-codes.ts'
import type { Host } from './host.ts'
import { columnsOf, type Output, roomOf, styleFor } from './terminal/output.ts'
import { ShownText, say } from './terminal/shown-text.ts'
import { fitLine, wrapText } from './terminal/wrap.ts'

const options = {
  agent: { type: 'string' },
  'run-tool': { type: 'string', multiple: true },
  'run-id': { type: 'string' },
  full: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

/** `capstan replay`: runs an agent on a recorded run. The exit code is 0 when it follows the recording, and 1 when it leaves it. */
export async function replayCommand(words: readonly string[], host: Host): Promise<number> {
  const line = new CommandLine(words, options)
  line.refuseWordsBeyond(1, 'replay')
  const [file] = line.words
  const location = line.text('agent')
  if (file === undefined) throw new UsageError('replay needs the file of a tape, or of a trace with the tape.')
  if (location === undefined) throw new UsageError('replay needs an agent: --agent ./file.js#name.')
  const { exchanges, recordedAt, isCut } = readTape(file)
  const { lines } = await readTrace(file)
  const run = selectRun(exchanges, line.text('run-id'))
  const agent = await loadAgent(location)
  const runTools = line.texts('run-tool')
  if (isCut) host.stderr.write(say`A line of ${file} is cut: its recorder was killed. It was left out.\n`)
  const report = await replayAgent({ agent, exchanges: run, lines: lines.filter((one) => isOfRun(one, run[0]?.runId)), runTools })
  if (line.flag('json')) host.stdout.write(say`${ShownText.json(report, 2)}\n`)
  else show(report, { host, isFull: line.flag('full'), head: headOf({ file, location, recordedAt, runTools }, report) })
  return report.status === 'same' ? exitCodes.finished : exitCodes.error
}

/** A tape with one run may not name it. */
function isOfRun(line: unknown, runId: string | undefined): boolean {
  const event = isJsonObject(line) ? line['event'] : undefined
  return isJsonObject(event) && (runId === undefined || event['runId'] === runId)
}

interface Replayed {
  readonly file: string
  readonly location: string
  readonly recordedAt: number | undefined
  readonly runTools: readonly string[]
}

function headOf({ file, location, recordedAt, runTools }: Replayed, { requests }: ReplayReport): readonly ShownText[] {
  const when = recordedAt === undefined ? '' : `, recorded ${new Date(recordedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const tools =
    runTools.length === 0
      ? say`No tool runs: calls get their recorded results.`
      : say`Tools that run: ${runTools.join(', ')}. Other calls get their recorded results.`
  return [
    say`${file}: ${requests.recorded} ${requests.recorded === 1 ? 'request' : 'requests'}${when}`,
    say`${location}: replayed, without a network. ${tools}`,
  ]
}

interface Showing {
  readonly host: Host
  readonly isFull: boolean
  readonly head: readonly ShownText[]
}

function show(report: ReplayReport, { host, isFull, head }: Showing): void {
  const { stdout } = host
  const style = styleFor(stdout, host.env)
  const width = columnsOf(stdout)
  const room = isFull ? Number.POSITIVE_INFINITY : roomOf(stdout)
  const write = (text: ShownText): unknown => stdout.write(say`${text}\n`)
  for (const text of head) write(style('dim', wrapText(text, width, '  ')))
  if (report.changes.length > 0) write(say`\nChanged in the requests:`)
  writeDifferences(report.changes, { stdout, room, most: isFull ? Number.POSITIVE_INFINITY : 6 })
  if (report.calls.length > 0) write(say`\nCalls:`)
  for (const [index, { toolName, input, source, text, path = [] }] of report.calls.entries()) {
    write(fitLine(say`  ${index + 1}. ${[...path, toolName].join(' > ')} ${ShownText.strict(input)}`, room))
    write(style(source === 'executed' ? 'yellow' : 'dim', fitLine(say`     ${source}: ${ShownText.line(text)}`, room)))
  }
  write(ShownText.empty)
  const { departure, requests } = report
  if (departure === undefined) return void write(style('green', wrapText(sameCourse(report), width, '  ')))
  write(
    style(
      'red',
      wrapText(say`The agent leaves the recorded course after ${departure.request - 1} of ${requests.recorded} requests: ${departure.message}`, width, '  '),
    ),
  )
  writeDifferences(departure.differences, { stdout, room, most: isFull ? Number.POSITIVE_INFINITY : 3 })
  if (departure.kind !== 'end') write(wrapText(say`The recording has no reply for what comes next, so the replay ends here.`, width, '  '))
}

function sameCourse({ requests, end }: ReplayReport): ShownText {
  const text = end === undefined || end.text === '' ? say`` : say` Its text: ${end.text}`
  return say`The agent follows the recorded course to its end: ${requests.made} of ${requests.recorded} requests, ${end?.status ?? ''}.${text}`
}

interface Writing {
  readonly stdout: Output
  /** Columns of a line. */
  readonly room: number
  readonly most: number
}

function writeDifferences(differences: readonly Difference[], { stdout, room, most }: Writing): void {
  // Shown characters are what is compared and cut: one that is hidden takes more room.
  const shown = differences.map(({ where, recorded, made }) => ({ where, recorded: visible(recorded), made: visible(made) }))
  for (const line of showDifferences(shown, { columns: room, differences: most })) stdout.write(say`${ShownText.line(line)}\n`)
}

function visible(text: string | undefined): string | undefined {
  return text === undefined ? undefined : ShownText.prose(text).toString()
}
