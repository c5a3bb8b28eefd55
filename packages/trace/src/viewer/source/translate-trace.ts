import type { JsonObject } from '@capstan/core'
import { isJsonObject, parseOperationId } from '@capstan/core/internal'
import type { AnswerLine, ExchangeLine as RecordedExchange } from '../../format/lines.ts'
import type { EventLine, ExchangeLine, PageLine, QuestionLine, SeenEvent } from '../lines.ts'
import { isEventOfRun } from '../parse-line.ts'
import { RequestComparison } from './compare-requests.ts'

/** How the line of an event begins. */
const eventStart = '{"type":"event",'

/** Turns the lines of a trace, in order, into lines for the page. */
export class TraceTranslator {
  readonly #requests = new RequestComparison()
  /** The run that the file belongs to, for exchanges that do not name theirs. */
  #runId = ''
  #exchanges = 0

  /** How many exchanges there were. The next one has this id. */
  get exchanges(): number {
    return this.#exchanges
  }

  /**
   * Returns the line for the page as JSON; `undefined` for a line that is of no interest there. An event is what most lines are: it is passed on as
   * it is, and read by the page.
   */
  translate(text: string): string | undefined {
    if (text.startsWith(eventStart)) return text
    const line = this.#translate(text)
    return line === undefined ? undefined : JSON.stringify(line)
  }

  #translate(text: string): PageLine | undefined {
    const line = parseObject(text)
    if (line === undefined) return { type: 'note', message: `A line that is not JSON is skipped: ${JSON.stringify(text.slice(0, 60))}` }
    if (isExchange(line)) return this.#exchange(line)
    if (line['type'] === 'trace') return this.#head(line)
    if (isAnswer(line)) return questionOf(line)
    // Also what `capstan run --jsonl` writes: events without a line around them.
    const event = line['type'] === 'event' ? line['event'] : line
    return isEvent(event) ? ({ type: 'event', event } satisfies EventLine) : undefined
  }

  #head({ runId }: JsonObject): PageLine | undefined {
    if (typeof runId !== 'string') return undefined
    this.#runId = runId
    return { type: 'run', runId, source: 'trace' }
  }

  #exchange(exchange: RecordedExchange): ExchangeLine {
    const id = this.#exchanges
    this.#exchanges += 1
    const { request, response, chunks, path, step, attempt, summary, error, endAt, runId = this.#runId } = exchange
    // A request for a summary of the history is not compared with those of the agent itself.
    const agent = [runId, ...(path ?? []), summary === true ? 'summary' : ''].join('\n')
    const difference = request.bodyEncoding === undefined ? this.#requests.compare(id, agent, request.body) : undefined
    const first = chunks[0]?.[0]
    return {
      type: 'exchange',
      id,
      runId,
      ...(path !== undefined && { path }),
      ...(step !== undefined && { step }),
      ...(attempt !== undefined && { attempt }),
      ...(summary === true && { summary }),
      method: request.method,
      url: request.url,
      at: request.at,
      endAt,
      requestBytes: request.bodyEncoding === undefined ? Buffer.byteLength(request.body) : base64Bytes(request.body),
      responseBytes: chunks.reduce((sum, [, bytes]) => sum + base64Bytes(bytes), 0),
      ...(response !== undefined && { status: response.status, headersAt: response.at }),
      ...(first !== undefined && { firstAt: request.at + first }),
      ...(error !== undefined && { error }),
      ...(difference !== undefined && { request: difference }),
    }
  }
}

function isAnswer(line: unknown): line is AnswerLine {
  return isJsonObject(line) && line['type'] === 'answer' && typeof line['position'] === 'string' && typeof line['runId'] === 'string'
}

function questionOf({ runId, path, position, about, askedAt, answer, answeredAt }: AnswerLine): QuestionLine {
  const place = parseOperationId(position)
  const step = place !== undefined && 'step' in place && typeof place.step === 'number' ? place.step : 0
  return { type: 'question', runId, ...(path !== undefined && { path }), step, key: position, about, askedAt, answer, answeredAt }
}

function base64Bytes(text: string): number {
  return Math.floor((text.replace(/=+$/, '').length * 3) / 4)
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** True for an exchange with all that the viewer reads of it. */
export function isExchange(line: unknown): line is RecordedExchange {
  if (!isJsonObject(line) || line['type'] !== 'exchange') return false
  const { request, response, chunks, endAt }: JsonObject = line
  if (!isJsonObject(request) || typeof request['body'] !== 'string' || typeof request['url'] !== 'string') return false
  const isResponse = response === undefined || (isJsonObject(response) && typeof response['status'] === 'number')
  return isResponse && typeof request['at'] === 'number' && typeof endAt === 'number' && areChunks(chunks)
}

function areChunks(chunks: unknown): boolean {
  return Array.isArray(chunks) && chunks.every((chunk) => Array.isArray(chunk) && typeof chunk[0] === 'number' && typeof chunk[1] === 'string')
}

/** True for an event, also one of a later release. */
export function isEvent(value: unknown): value is SeenEvent {
  return isEventOfRun(value)
}
