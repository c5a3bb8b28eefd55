import type { Json, JsonObject, ToolOutput, ToolStatus } from '@capstan/core'
import { canonicalJson, isJsonObject } from '@capstan/core/internal'
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

  constructor(exchanges: readonly ExchangeLine[], lines: readonly TraceLine[]) {
    const seen = new Set<string>()
    for (const exchange of exchanges) {
      // A request that is sent again has the same results.
      if (!seen.has(exchange.key)) this.#addRequest(messagesOf(parseBody(textOfRequest(exchange)) ?? {}))
      seen.add(exchange.key)
    }
    this.#addEvents(lines)
  }

  /** Takes the result of a call; `undefined` where the recording has none. */
  take(call: RecordedCall): RecordedResult | undefined {
    const [sent, ended] = [this.#sent.take(call), this.#ended.take(call)]
    return ended ?? sent
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
    for (const line of lines) {
      if (line.type !== 'event') continue
      const { event } = line
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
  readonly #byCall = new Map<string, RecordedResult[]>()

  add(call: RecordedCall, result: RecordedResult): void {
    const key = keyOf(call)
    const queue = this.#byCall.get(key)
    if (queue === undefined) this.#byCall.set(key, [result])
    else queue.push(result)
  }

  take(call: RecordedCall): RecordedResult | undefined {
    return this.#byCall.get(keyOf(call))?.shift()
  }
}

function keyOf({ toolName, toolCallId, input }: RecordedCall): string {
  return JSON.stringify([toolName, toolCallId, canonicalJson(input)])
}

function readCall(call: Json): RecordedCall | undefined {
  const { id, function: called } = isJsonObject(call) ? call : {}
  if (!isJsonObject(called) || typeof id !== 'string' || typeof called['name'] !== 'string' || typeof called['arguments'] !== 'string') return undefined
  try {
    return { toolName: called['name'], toolCallId: id, input: JSON.parse(called['arguments']) as Json }
  } catch {
    // Such a call never ran.
    return undefined
  }
}

/** The text of a message: a string, or the texts of its parts. */
export function textOfContent(content: Json | undefined): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => (isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : '')).join('')
}
