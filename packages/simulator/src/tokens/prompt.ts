import { asArray, asObject, canonicalJson, isArray, type Json, type JsonObject } from '../json.ts'
import type { SimulatedModel } from '../models/simulated-model.ts'
import { countTokens } from './tokenize.ts'

const MAX_CHARACTERS = 32 * 1024 * 1024

/** A tool or a message as text of a prompt. Equal texts are one object while they are remembered. */
export interface Segment {
  readonly text: string
  readonly tokens: number
}

/** A request as the prompt whose tokens are counted. */
export interface Prompt {
  readonly segments: readonly Segment[]
  readonly tokens: number
}

/**
 * Writes requests as prompts: tools first, then the messages in order, each on a line of its own. Each message is marked with its role, so that
 * a changed role is a changed prompt. The tokens of a message are counted once, as requests repeat all messages before them.
 */
export class PromptWriter {
  #segments = new Map<string, Segment>()
  #characters = 0

  write({ toolsWithoutChoice }: SimulatedModel, body: JsonObject): Prompt {
    const isWithoutTools = toolsWithoutChoice === false && body['tool_choice'] === 'none'
    const tools = isWithoutTools ? [] : asArray(body['tools']).map((tool) => `<tool>${JSON.stringify(tool)}`)
    const messages = asArray(body['messages']).map((message) => messageText(asObject(message)))
    return this.#join([], [...tools, ...messages])
  }

  /** The prompt of a request that sends this message after the messages of an earlier one. */
  continue({ segments }: Prompt, message: JsonObject): Prompt {
    return this.#join(segments, [messageText(message)])
  }

  #join(before: readonly Segment[], texts: readonly string[]): Prompt {
    const segments = [...before, ...texts.map((text, index) => this.#segment(before.length + index === 0 ? text : `\n${text}`))]
    return { segments, tokens: segments.reduce((sum, { tokens }) => sum + tokens, 0) }
  }

  #segment(text: string): Segment {
    const known = this.#segments.get(text)
    if (known !== undefined) return known
    this.#characters += text.length
    if (this.#characters > MAX_CHARACTERS) {
      this.#segments = new Map()
      this.#characters = text.length
    }
    const segment = { text, tokens: countTokens(text) }
    this.#segments.set(text, segment)
    return segment
  }
}

function messageText(message: JsonObject): string {
  const calls = asArray(message['tool_calls']).map((call) => {
    const { name, arguments: input } = asObject(asObject(call)['function'])
    return `<call>${plainText(name)} ${plainText(input)}`
  })
  const reasoning = message['reasoning_content'] ?? message['reasoning']
  const parts = [`<${plainText(message['role'])}>`, ...(typeof reasoning === 'string' ? [`<think>${reasoning}`] : []), plainText(message['content']), ...calls]
  return parts.join('')
}

function plainText(value: Json | undefined): string {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  if (!isArray(value)) return canonicalJson(value)
  return value.map((part) => plainText(asObject(part)['text'] ?? part)).join('')
}
