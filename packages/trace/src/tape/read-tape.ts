import { readFileSync } from 'node:fs'
import { AgentError, type JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { type ExchangeLine, traceVersion } from '../format/lines.ts'
import { checkExchange } from './check-exchange.ts'

/** A tape, as it was read. */
export interface TapeContents {
  readonly exchanges: readonly ExchangeLine[]
  /** When it was begun, in milliseconds since the Unix epoch; `undefined` where the file does not say it. */
  readonly recordedAt: number | undefined
  /** True when a line is cut: its recorder was killed. */
  readonly isCut: boolean
}

/**
 * Reads a tape: the exchanges of a file of JSON lines. Lines of other types are ignored, so every trace with a tape is a tape.
 *
 * @throws {AgentError} `invalid-trace`, naming file and line; the file may not exist, or not be a tape.
 */
export function readTape(file: string): TapeContents {
  const lines = readText(file).split('\n')
  const exchanges: ExchangeLine[] = []
  let recordedAt: number | undefined
  let isCut = false
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '') continue
    const place = `${file}, line ${index + 1}`
    const line = parseLine(text)
    // Whoever writes a line ends it. The next process that adds to a file begins with a line of its own.
    if (line === undefined && (index === lines.length - 1 || isHead(lines[index + 1]))) isCut = true
    else if (line === undefined) throw invalid(`${place}: this is not a JSON object. A tape has one on each line.`)
    else if (line['type'] === 'exchange') exchanges.push(readExchange(line, place))
    else if (line['type'] === 'trace') recordedAt ??= checkHead(line, place)
  }
  if (exchanges.length === 0)
    throw invalid(`${file} has no exchange, so it is not a tape. A tape has lines of the type 'exchange', as a trace with the tape has.`)
  // Lines are written when exchanges end; equal requests are played in the order in which they were made.
  exchanges.sort((left, right) => left.request.at - right.request.at)
  return { exchanges, recordedAt, isCut }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new AgentError(`The tape ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, { code: 'invalid-trace', cause: error })
  }
}

function parseLine(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isHead(text = ''): boolean {
  return parseLine(text)?.['type'] === 'trace'
}

function checkHead({ version, at }: JsonObject, place: string): number | undefined {
  if (version !== traceVersion) throw invalid(`${place}: this release reads version ${traceVersion} of the format, not ${JSON.stringify(version)}.`)
  return typeof at === 'number' ? at : undefined
}

function readExchange(line: JsonObject, place: string): ExchangeLine {
  const checked = checkExchange(line)
  if ('problem' in checked) throw invalid(`${place}: ${checked.problem}`)
  return checked.exchange
}

function invalid(message: string): AgentError {
  return new AgentError(message, { code: 'invalid-trace' })
}
