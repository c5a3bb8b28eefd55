import { AgentError, type Json, type JsonObject, type Message, type ModelRequest, type ToolChoice, type ToolDefinition } from '@capstan/core'
import type { ModelProfile, PassBack } from '../profiles/profile.ts'
import { encodeMessage, type MessageRules } from './encode-message.ts'
import type { WireParameters } from './encode-parameters.ts'
import { jsonString } from './json-text.ts'

/** What one model puts into all its requests. */
export interface EncoderOptions {
  readonly model: string
  readonly profile: ModelProfile
  readonly parameters: WireParameters
  readonly allowTools: boolean
  readonly extraBody: JsonObject | undefined
}

/** What can differ from request to request beside the messages. */
export interface EncodeMode {
  readonly stream: boolean
  /** True to ask for usage in the stream. */
  readonly streamUsage: boolean
  readonly passBack: PassBack
}

/** Words requests for the wire. Messages and tools are serialised once each and kept as long as they live. */
export interface RequestEncoder {
  /**
   * The body of a request: `model`, parameters, tools and extra keys in a fixed order, `messages` last.
   *
   * @throws {AgentError} `invalid-options` or `invalid-messages` for what the model refuses.
   */
  encode(request: ModelRequest, mode: EncodeMode): string
}

/** Makes the encoder of one model. */
export function createRequestEncoder(options: EncoderOptions): RequestEncoder {
  const toolTexts = new WeakMap<readonly ToolDefinition[], string>()
  const messageTexts: Record<PassBack, WeakMap<Message, string>> = { always: new WeakMap(), present: new WeakMap(), strip: new WeakMap() }
  let system = { instructions: '', text: '' }

  const encodeTools = (tools: readonly ToolDefinition[]): string => {
    let text = toolTexts.get(tools)
    if (text === undefined) {
      checkTools(tools, options)
      text = `[${tools.map(encodeTool).join(',')}]`
      toolTexts.set(tools, text)
    }
    return text
  }

  const encodeMessages = (request: ModelRequest, passBack: PassBack): string => {
    const rules: MessageRules = { model: options.model, profile: options.profile, passBack }
    const cache = messageTexts[passBack]
    const texts: string[] = []
    if (request.instructions !== undefined && request.instructions !== '') {
      if (system.instructions !== request.instructions) {
        system = { instructions: request.instructions, text: `{"role":"system","content":${jsonString(request.instructions)}}` }
      }
      texts.push(system.text)
    }
    const last = request.messages.length - 1
    request.messages.forEach((message, index) => {
      // The flag counts only at the end, so such a message has two texts and is not kept.
      const isOpen = index === last && message.role === 'assistant' && message.partial === true
      const text = (isOpen ? undefined : cache.get(message)) ?? encodeMessage(message, rules, index === last)
      if (text === undefined) return
      if (!isOpen) cache.set(message, text)
      texts.push(text)
    })
    if (texts.length === 0) {
      throw new AgentError(`There is no message to send to ${options.model}. Give at least one.`, { code: 'invalid-messages' })
    }
    return texts.join(',')
  }

  return {
    encode: (request, mode) => {
      const format = formatOf(request, options)
      checkJsonMode(request, format, options)
      const toolChoice = encodeToolChoice(request, options)
      const keys = new Map<string, string>([
        ['model', JSON.stringify(options.model)],
        ...options.parameters.map(encodeKey),
        ...(request.responseFormat === undefined ? [] : [['response_format', JSON.stringify(format)] as const]),
        ...modeKeys(mode),
        ...(request.tools === undefined || request.tools.length === 0 ? [] : [['tools', encodeTools(request.tools)] as const]),
        ...(toolChoice === undefined ? [] : [['tool_choice', toolChoice] as const]),
        ...Object.entries(options.extraBody ?? {}).map(encodeKey),
      ])
      const head = Array.from(keys, ([name, text]) => `${JSON.stringify(name)}:${text},`).join('')
      return `{${head}"messages":[${encodeMessages(request, mode.passBack)}]}`
    },
  }
}

function encodeKey([name, value]: readonly [string, Json]): readonly [string, string] {
  return [name, JSON.stringify(value)]
}

function modeKeys({ stream, streamUsage }: EncodeMode): readonly (readonly [string, string])[] {
  const usage = [['stream_options', '{"include_usage":true}'] as const]
  return [['stream', String(stream)] as const, ...(stream && streamUsage ? usage : [])]
}

function encodeTool({ name, description, inputSchema }: ToolDefinition): string {
  return `{"type":"function","function":{"name":${jsonString(name)},"description":${jsonString(description)},"parameters":${JSON.stringify(inputSchema)}}}`
}

function checkTools(tools: readonly ToolDefinition[], { profile, model, allowTools }: EncoderOptions): void {
  if (!profile.tools.allowed && !allowTools) {
    throw invalid(
      `\`tools\` is refused by ${model}: ${profile.tools.because}. Way out: use another model, or set \`allowTools: true\` to send them all the same.`,
    )
  }
  if (tools.length > profile.tools.max) {
    throw invalid(`\`tools\` of ${model} holds ${tools.length} tools; at most ${profile.tools.max} may be sent. Offer fewer.`)
  }
}

function invalid(message: string): AgentError {
  return new AgentError(message, { code: 'invalid-options' })
}

/** `auto` is the default wherever there are tools, so it is left out where it need not or must not be sent. */
function encodeToolChoice({ tools = [], toolChoice }: ModelRequest, { profile, model, allowTools }: EncoderOptions): string | undefined {
  if (toolChoice === undefined) return undefined
  const values: readonly ToolChoice[] = profile.tools.allowed || allowTools ? profile.toolChoice.values : []
  if (tools.length === 0) {
    if (toolChoice === 'required') throw invalid(`\`toolChoice: 'required'\` needs at least one tool.`)
    return undefined
  }
  if (values.includes(toolChoice)) return JSON.stringify(toolChoice)
  if (toolChoice === 'auto') return undefined
  throw invalid(
    `\`toolChoice: '${toolChoice}'\` is refused by ${model}: it takes ${values.length === 0 ? 'no tool choice' : values.join(', ')}. Way out: leave it out.`,
  )
}

/** The format of the answer: what this request asks for, else what the settings say. */
function formatOf({ responseFormat }: ModelRequest, { parameters }: EncoderOptions): Json | undefined {
  if (responseFormat === undefined) return parameters.find(([name]) => name === 'response_format')?.[1]
  const { schema } = responseFormat
  return schema === undefined ? { type: 'json_object' } : { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } }
}

function checkJsonMode(request: ModelRequest, format: Json | undefined, { profile, model }: EncoderOptions): void {
  if (!isJsonObjectFormat(format)) return
  const last = request.messages.at(-1)
  if (last?.role === 'assistant' && last.partial === true) {
    throw invalid(`\`responseFormat: 'json_object'\` of ${model} does not go with partial mode. Leave out one of the two.`)
  }
  if (profile.jsonModeNeedsWord === true && !asksForJson(request)) {
    throw invalid(
      `\`responseFormat: 'json_object'\` of ${model} needs a prompt that asks for JSON: neither the instructions nor a system or user message contains the word. Say in the instructions that the answer is JSON, and what it holds.`,
    )
  }
}

function isJsonObjectFormat(format: unknown): boolean {
  return typeof format === 'object' && format !== null && 'type' in format && format.type === 'json_object'
}

function asksForJson({ instructions = '', messages }: ModelRequest): boolean {
  const word = /json/i
  if (word.test(instructions)) return true
  return messages.some((message) => {
    if (message.role !== 'system' && message.role !== 'user') return false
    if (typeof message.content === 'string') return word.test(message.content)
    return message.content.some((part) => part.type === 'text' && word.test(part.text))
  })
}
