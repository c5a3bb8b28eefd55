import type { Json, JsonObject, RunEventOf, ToolOutput, ToolStatus } from '@capstan/core'
import { bareToolName, callToolName, canonicalJson, isJsonObject } from '@capstan/core/internal'
import { keyOfExchange } from '../format/exchange-key.ts'
import type { ExchangeLine, TraceLine } from '../format/lines.ts'
import { messagesOf, parseBody } from '../tape/compare-requests.ts'
import { textOfRequest } from '../tape/tape-player.ts'

/** A call as a recording and a replay both know it. */
export interface RecordedCall {
  readonly toolName: string
  readonly toolCallId: string
  readonly input: Json
}

type RecordedResult = Pick<ToolOutput, 'status' | 'text'>

/** The results of a recorded run, by call; those of equal calls in order. */
export class RecordedResults {
  /** What the requests say: complete but for the calls of a last step that no request followed, and without a status. */
  readonly #sent = new Queues()
  /** What the events of a trace say. */
  readonly #ended = new Queues()
  #last: RunEventOf<'run-end'> | undefined
  #end: RunEventOf<'run-end'> | undefined

  constructor(exchanges: readonly ExchangeLine[], lines: readonly TraceLine[]) {
    const seen = new Set<string>()
    for (const exchange of exchanges) {
      // A request that is sent again has the same results.
      const key = keyOfExchange(exchange)
      if (!seen.has(key)) this.#addRequest(messagesOf(parseBody(textOfRequest(exchange)) ?? {}))
      seen.add(key)
    }
    this.#addEvents(lines)
  }

  /** Takes the result of a call; `undefined` where the recording has none. */
  take(call: RecordedCall): RecordedResult | undefined {
    const [sent, ended] = [this.#sent.take(call), this.#ended.take(call)]
    return ended ?? sent
  }

  /** True for a call about which the recorded run asks a person, and that is its end. */
  reachesEnd({ toolName, toolCallId }: RecordedCall): boolean {
    const asked = this.#last?.pending?.find(({ about }) => isJsonObject(about) && about['toolName'] === toolName && about['toolCallId'] === toolCallId)
    if (asked !== undefined) this.#end = this.#last
    return asked !== undefined
  }

  /** How the recorded run ended, once the replay has reached a call that waits for a person there. */
  get end(): RunEventOf<'run-end'> | undefined {
    return this.#end
  }

  /** A request brings the results of the step before it: they follow the newest message with calls. */
  #addRequest(messages: readonly Json[]): void {
    const start = messages.findLastIndex((message) => isJsonObject(message) && Array.isArray(message['tool_calls']))
    const asking = messages[start]
    if (!isJsonObject(asking) || !Array.isArray(asking['tool_calls'])) return
    const results = messages.slice(start + 1).filter((message) => isJsonObject(message) && message['role'] === 'tool') as JsonObject[]
    for (const [index, call] of asking['tool_calls'].entries()) {
      const result = results[index]
      const read = readCall(call)
      if (read !== undefined && result !== undefined) this.#sent.add(read, { status: 'ok', text: textOfContent(result['content']) })
    }
  }

  #addEvents(lines: readonly TraceLine[]): void {
    const inputs = new Map<string, Json>()
    // A run that is resumed says again what it said before.
    const events = lines.flatMap((line) => (line.type === 'event' && !('replayed' in line.event && line.event.replayed === true) ? [line.event] : []))
    this.#last = events.findLast((event) => event.type === 'run-end')
    for (const event of events) {
      const place = `${event.runId} ${event.path?.join('/') ?? ''}`
      if (event.type === 'tool-start') inputs.set(`${place} ${event.key}`, event.input)
      const input = event.type === 'tool-end' ? inputs.get(`${place} ${event.key}`) : undefined
      if (event.type !== 'tool-end' || input === undefined) continue
      const { toolName, toolCallId, status, text } = event
      this.#ended.add({ toolName, toolCallId, input }, { status: endedStatus(status), text })
    }
  }
}

/** A call that was cut off has an unknown outcome; its text is what the model was told. */
function endedStatus(status: ToolStatus): ToolStatus {
  return status === 'fatal' ? 'error' : status
}

class Queues {
  /** By the id of the call and the name of the tool; several where a provider repeats its ids. */
  readonly #byCall = new Map<string, { readonly input: Json; readonly result: RecordedResult }[]>()

  add(call: RecordedCall, result: RecordedResult): void {
    const key = keyOf(call)
    const queue = this.#byCall.get(key) ?? []
    queue.push({ input: call.input, result })
    this.#byCall.set(key, queue)
  }

  take(call: RecordedCall): RecordedResult | undefined {
    const queue = this.#byCall.get(keyOf(call)) ?? []
    const text = canonicalJson(call.input)
    const same = queue.findIndex(({ input }) => canonicalJson(input) === text)
    const index = same >= 0 ? same : queue.findIndex(({ input }) => fits(input, call.input))
    return index < 0 ? undefined : queue.splice(index, 1)[0]?.result
  }
}

function keyOf({ toolName, toolCallId }: RecordedCall): string {
  return JSON.stringify([toolName, toolCallId])
}

/** True for the input that a recorded one has become: a reference to an earlier result is by then what it refers to. */
function fits(recorded: Json | undefined, made: Json | undefined): boolean {
  if (isJsonObject(recorded) && typeof recorded['$result'] === 'string') return made !== undefined
  if (Array.isArray(recorded)) return Array.isArray(made) && recorded.length === made.length && recorded.every((item, index) => fits(item, made[index]))
  if (isJsonObject(recorded) && isJsonObject(made)) {
    const names = Object.keys(recorded)
    return names.length === Object.keys(made).length && names.every((name) => fits(recorded[name], made[name]))
  }
  return recorded === made
}

function readCall(call: Json): RecordedCall | undefined {
  const { id, function: called } = isJsonObject(call) ? call : {}
  if (!isJsonObject(called) || typeof id !== 'string' || typeof called['name'] !== 'string' || typeof called['arguments'] !== 'string') return undefined
  try {
    return { toolCallId: id, ...unwrapped(called['name'], JSON.parse(called['arguments']) as Json) }
  } catch {
    // Such a call never ran.
    return undefined
  }
}

/** The tool that a call means: with a catalogue, models call most tools through `call_tool`. */
function unwrapped(name: string, input: Json): Omit<RecordedCall, 'toolCallId'> {
  const isInside = bareToolName(name) === callToolName && isJsonObject(input) && typeof input['name'] === 'string'
  if (!isInside) return { toolName: bareToolName(name), input }
  const { name: inner, input: given = {} } = input as { readonly name: string; readonly input?: Json }
  // Some models write the arguments as a text of JSON.
  return { toolName: bareToolName(inner), input: typeof given === 'string' ? (JSON.parse(given) as Json) : given }
}

/** The text of a message: a string, or the texts of its parts. */
export function textOfContent(content: Json | undefined): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => (isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : '')).join('')
}
