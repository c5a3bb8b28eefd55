import type { Json, JsonObject, ModelRequest, ToolChoice } from '@capstan/core'
import { invalidOptions } from '@capstan/core/internal'
import { parameterRule } from '../profiles/parameters.ts'
import type { ModelProfile } from '../profiles/profile.ts'
import { refusedBy } from '../refusals.ts'
import { lowerSchema } from '../schemas/lower-schema.ts'
import { createMessagesEncoder, encodeInstructions } from './encode-messages.ts'
import type { EncodeMode } from './encode-mode.ts'
import { choicesOf, type WireParameters } from './encode-parameters.ts'
import { createToolsEncoder, type ToolsEncoder } from './encode-tools.ts'
import type { BodyHead, RequestBody } from './request-body.ts'
import { createRequestMapper } from './tool-text.ts'

/** What one model puts into all its requests. */
export interface EncoderOptions {
  readonly model: string
  readonly profile: ModelProfile
  readonly parameters: WireParameters
  readonly allowTools: boolean
  /** True where tools are text: described in the instructions, called and answered in messages. */
  readonly hasTextForm: boolean
  /** Whether the model thinks with these parameters. */
  readonly thinks: boolean
  readonly extraBody: JsonObject | undefined
}

/** Serialises the requests of one model. Messages and tools are serialised once each and kept as long as they live. */
export interface RequestEncoder {
  /**
   * The body of a request: `model`, parameters, tools and extra keys in a fixed order, `messages` last.
   *
   * @throws {AgentError} `invalid-options`, `invalid-tool` or `invalid-messages` for what the model refuses.
   */
  encode(request: ModelRequest, mode: EncodeMode): RequestBody
}

/** What precedes the messages, and what it was made of. */
interface Head extends BodyHead {
  readonly request: ModelRequest
  readonly mode: EncodeMode
  readonly isJson: boolean
}

/** Makes the encoder of one model. */
export function createRequestEncoder(options: EncoderOptions): RequestEncoder {
  const encodeTools = createToolsEncoder(options)
  const encodeMessages = createMessagesEncoder(options)
  const toText = options.hasTextForm ? createRequestMapper() : undefined
  let last: Head | undefined
  return {
    encode: (given, mode) => {
      const request = toText?.(given, options.model) ?? given
      if (last === undefined || last.mode !== mode || !isSameHead(last.request, request)) last = encodeHead(request, mode, { options, encodeTools })
      if (last.isJson) checkJsonMode(request, options)
      return encodeMessages(last, request, mode)
    },
  }
}

function isSameHead(one: ModelRequest, other: ModelRequest): boolean {
  return (
    one.tools === other.tools &&
    one.toolChoice === other.toolChoice &&
    one.instructions === other.instructions &&
    one.responseFormat?.schema === other.responseFormat?.schema &&
    (one.responseFormat === undefined) === (other.responseFormat === undefined)
  )
}

interface HeadRules {
  readonly options: EncoderOptions
  readonly encodeTools: ToolsEncoder
}

function encodeHead(request: ModelRequest, mode: EncodeMode, { options, encodeTools }: HeadRules): Head {
  const format = formatOf(request, options, mode)
  const toolChoice = encodeToolChoice(request, options, mode)
  const keys = new Map<string, string>([
    ['model', JSON.stringify(options.model)],
    ...parametersOf(options, mode).map(encodeKey),
    ...(request.responseFormat === undefined ? [] : [['response_format', JSON.stringify(format)] as const]),
    ...modeKeys(mode),
    ...(request.tools === undefined || request.tools.length === 0 ? [] : [['tools', encodeTools(request.tools, mode)] as const]),
    ...(toolChoice === undefined ? [] : [['tool_choice', toolChoice] as const]),
    ...Object.entries(options.extraBody ?? {}).map(encodeKey),
  ])
  const head = Array.from(keys, ([name, text]) => `${JSON.stringify(name)}:${text},`).join('')
  return {
    // Without its messages, which would live as long as the model.
    request: { ...request, messages: [] },
    mode,
    isJson: isJsonObjectFormat(format),
    bytes: Buffer.from(`{${head}"messages":`),
    first: encodeInstructions(request.instructions ?? ''),
  }
}

/** The parameters of the settings, without those that the endpoint has refused, under the names that it knows. */
function parametersOf({ parameters, profile }: EncoderOptions, { without, renames, maxOutputTokens }: EncodeMode): WireParameters {
  const limitName = parameterRule('maxOutputTokens', profile)?.wire ?? 'max_tokens'
  const limited = maxOutputTokens === undefined ? parameters : [...parameters.filter(([name]) => name !== limitName), [limitName, maxOutputTokens] as const]
  return limited.filter(([name]) => !without.includes(name)).map(([name, value]) => [renames[name] ?? name, value] as const)
}

function encodeKey([name, value]: readonly [string, Json]): readonly [string, string] {
  return [name, JSON.stringify(value)]
}

function modeKeys({ stream, streamUsage }: EncodeMode): readonly (readonly [string, string])[] {
  const usage = [['stream_options', '{"include_usage":true}'] as const]
  return [['stream', String(stream)] as const, ...(stream && streamUsage ? usage : [])]
}

/** `auto` is the default wherever there are tools, so it is left out where it need not or must not be sent. */
function encodeToolChoice({ tools = [], toolChoice }: ModelRequest, options: EncoderOptions, { freeChoice }: EncodeMode): string | undefined {
  if (toolChoice === undefined) return undefined
  const { model, profile, allowTools, thinks } = options
  const values: readonly ToolChoice[] = profile.tools.allowed || allowTools ? choicesOf(profile, thinks) : []
  if (tools.length === 0) {
    if (toolChoice === 'required') throw invalidOptions(`\`toolChoice: 'required'\` needs at least one tool.`)
    return undefined
  }
  if (values.includes(toolChoice)) return freeChoice ? undefined : JSON.stringify(toolChoice)
  if (toolChoice === 'auto') return undefined
  throw refusedBy(model, `\`toolChoice: '${toolChoice}'\``, {
    because: `it takes ${values.length === 0 ? 'no tool choice' : values.join(', ')}${thinks && values.length > 0 ? ' while it thinks' : ''}`,
    instead: `leave it out${canSwitch(options) ? ", or set `thinking: 'disabled'`" : ''}`,
  })
}

function canSwitch({ thinks, profile: { toolChoice, parameters } }: EncoderOptions): boolean {
  return thinks && toolChoice.whileThinking !== undefined && parameters.thinking !== undefined && parameters.thinking.kind !== 'refused'
}

/** The format of the reply: what this request asks for, else what the settings say. */
function formatOf({ responseFormat }: ModelRequest, { parameters, profile }: EncoderOptions, { looseFormat }: EncodeMode): Json | undefined {
  if (responseFormat === undefined) return parameters.find(([name]) => name === 'response_format')?.[1]
  const { schema } = responseFormat
  if (schema === undefined || looseFormat) return { type: 'json_object' }
  const lowered = lowerSchema(schema, { flavour: profile.schemas ?? 'free', name: 'The schema of the output' })
  return { type: 'json_schema', json_schema: { name: 'answer', schema: lowered, strict: true } }
}

function checkJsonMode(request: ModelRequest, { profile, model }: EncoderOptions): void {
  const last = request.messages.at(-1)
  if (last?.role === 'assistant' && last.partial === true) {
    throw invalidOptions(`\`responseFormat: 'json_object'\` of ${model} cannot be combined with partial mode. Leave out one of the two.`)
  }
  if (profile.jsonModeNeedsWord === true && !asksForJson(request)) {
    throw invalidOptions(
      `\`responseFormat: 'json_object'\` of ${model} needs a prompt that asks for JSON: neither the instructions nor a system or user message contains the word. Say in the instructions that the reply is JSON, and what it holds.`,
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
