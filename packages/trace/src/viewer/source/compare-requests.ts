import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import type { RequestDifference } from '../lines.ts'

/** The last request of one agent, kept to compare the next one with. */
interface Sent {
  readonly id: number
  readonly messages: readonly string[]
  readonly parameters: string
  readonly tools: string
}

/** Compares each request with the one before it of the same agent. Keeps the last request of each agent only. */
export class RequestComparison {
  readonly #last = new Map<string, Sent>()

  /**
   * Compares a request body with the one before it.
   *
   * @param agent - Names the agent that sent it: requests of different agents are not compared.
   * @returns `undefined` for a body that has no list of messages.
   */
  compare(id: number, agent: string, body: string): RequestDifference | undefined {
    const request = parseRequest(body)
    if (request === undefined) return undefined
    const { messages, tools, ...parameters } = request
    const sent: Sent = { id, messages: messages.map(textOf), parameters: textOf(parameters), tools: textOf(tools ?? []) }
    const before = this.#last.get(agent)
    this.#last.set(agent, sent)
    const kept = before === undefined ? 0 : commonLength(before.messages, sent.messages)
    return {
      ...(before !== undefined && { before: before.id }),
      kept,
      of: before?.messages.length ?? 0,
      added: messages.slice(kept),
      ...(before?.parameters !== sent.parameters && { parameters }),
      ...(before?.tools !== sent.tools && { tools: Array.isArray(tools) ? tools : [] }),
    }
  }
}

function parseRequest(body: string): (JsonObject & { readonly messages: readonly Json[] }) | undefined {
  try {
    const request: unknown = JSON.parse(body)
    if (!isJsonObject(request) || !Array.isArray(request['messages'])) return undefined
    // The line before this one checked the only member that the type adds.
    return request as JsonObject & { readonly messages: readonly Json[] }
  } catch {
    return undefined
  }
}

function textOf(value: Json): string {
  return JSON.stringify(value)
}

function commonLength(left: readonly string[], right: readonly string[]): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index += 1) if (left[index] !== right[index]) return index
  return length
}
