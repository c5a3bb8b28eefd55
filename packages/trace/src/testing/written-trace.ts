import { appendFileSync } from 'node:fs'
import type { Json, JsonObject } from '@capstan/core'

/** Writes the lines of a trace by hand, so that a test sees exactly what it reads. Each event is one millisecond later than the one before it. */
export class WrittenTrace {
  readonly lines: object[] = [{ type: 'trace', version: 1, at: 1_000, capstan: '0.2.0', node: 'v20', pid: 1 }]
  readonly runId: string
  #at = 1_000
  #seq = 0
  #exchanges = 0

  constructor(runId = 'run-1') {
    this.runId = runId
  }

  /** Lets time pass. */
  after(ms: number): this {
    this.#at += ms
    return this
  }

  event(type: string, fields: JsonObject = {}): this {
    this.#at += 1
    this.#seq += 1
    this.lines.push({ type: 'event', event: { type, step: 0, runId: this.runId, seq: this.#seq, at: this.#at, ...fields } })
    return this
  }

  /** A line that is not an event. */
  line(type: string, fields: JsonObject): this {
    this.lines.push({ type, runId: this.runId, ...fields })
    return this
  }

  /** A request and its reply. */
  exchange(
    step: number,
    messages: readonly Json[],
    fields: { readonly attempt?: number; readonly tools?: readonly Json[]; readonly path?: readonly string[]; readonly reply?: string } = {},
  ): this {
    const { attempt = 1, tools = [], reply = '{"ok":true}', ...rest } = fields
    this.#exchanges += 1
    const body = JSON.stringify({ model: 'm', tools, messages })
    this.lines.push({
      type: 'exchange',
      id: this.#exchanges,
      runId: this.runId,
      step,
      attempt,
      ...rest,
      key: 'k',
      request: { method: 'POST', url: 'http://localhost/v1/chat/completions', headers: { 'content-type': 'application/json' }, body, at: this.#at - 20 },
      response: { status: 200, headers: { 'content-type': 'application/json' }, at: this.#at - 10 },
      chunks: [[15, Buffer.from(reply).toString('base64')]],
      endAt: this.#at,
    })
    return this
  }

  /** A complete step: one request whose reply has this text, or these calls, with their results. */
  step(step: number, text: string, calls: Readonly<Record<string, string>> = {}): this {
    const names = Object.keys(calls)
    const content = names.length === 0 ? text : names.map((toolName) => ({ type: 'tool-call', toolCallId: 'c', toolName, inputText: '{"q":1}' }))
    this.event('step-start', { step }).event('attempt', { step, attempt: 1, model: 'm', reason: 'first' }).after(20)
    const usage = { inputTokens: 100 * step, cachedInputTokens: 50, outputTokens: 7 }
    this.event('message-end', { step, message: { role: 'assistant', content }, finishReason: 'stop', usage, ms: 20 })
    for (const [index, toolName] of names.entries()) {
      const key = `steps/${step}/tools/${index}`
      this.event('tool-start', { step, key, toolCallId: 'c', toolName, input: { q: 1 } }).after(10)
      this.event('tool-end', { step, key, toolCallId: 'c', toolName, status: 'ok', text: calls[toolName] ?? '', ms: 10 })
    }
    return this.event('step-end', { step, usage: { ...usage, unknownAttempts: 0 }, cost: { currency: 'USD', amountMicros: 100 * step } })
  }

  begin(agent = 'agent'): this {
    return this.event('run-start', { agent, model: 'm' })
  }

  end(text: string): this {
    return this.event('run-end', { status: 'finished', stopReason: 'finished', text, usage: { inputTokens: 1, unknownAttempts: 0 }, toolCalls: 0 })
  }

  /** As a file holds it. */
  toString(): string {
    return this.lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  }
}

/** Adds the last line of a trace to a file. */
export function appendLine(path: string, { lines }: WrittenTrace): void {
  appendFileSync(path, `${JSON.stringify(lines.at(-1))}\n`)
}
