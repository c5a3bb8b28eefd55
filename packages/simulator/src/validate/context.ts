import { asObject, type JsonObject } from '../json.ts'
import type { SimulatedModel } from '../models/simulated-model.ts'
import type { StrictOptions } from '../options/options.ts'

/** What a check of a request looks at. */
export interface CheckContext {
  readonly model: SimulatedModel
  readonly body: JsonObject
  /** The body as it was received, for messages that name a column. */
  readonly rawBody: string
  readonly strict: StrictOptions
  /** Whether the model thinks in this request. */
  readonly thinking: boolean
  /** Tokens of the prompt; they are counted only where a check needs them. */
  readonly promptTokens: () => number
  /** Whether the request was sent to the path of beta features. */
  readonly isBeta: boolean
}

/** The fields that hold reasoning in messages. */
export const reasoningFields: readonly string[] = ['reasoning_content', 'reasoning', 'reasoning_details']

/** Whether the model thinks in this request. */
export function isThinking(model: SimulatedModel, body: JsonObject): boolean {
  const asked = requestedThinking(body)
  switch (model.thinking) {
    case 'always':
      return true
    case 'never':
      return false
    case 'when-enabled':
      return asked === true
    case 'unless-disabled':
      return asked !== false
  }
}

/** What the request says: vendors have `thinking`, self-hosted servers have arguments of the chat template, OpenRouter and Ollama have an effort. */
function requestedThinking(body: JsonObject): boolean | undefined {
  const { type } = asObject(body['thinking'])
  if (type === 'enabled' || type === 'disabled') return type === 'enabled'
  const { thinking, enable_thinking: enabled } = asObject(body['chat_template_kwargs'])
  const template = thinking ?? enabled
  if (typeof template === 'boolean') return template
  const { enabled: asked, effort = body['reasoning_effort'] } = asObject(body['reasoning'])
  if (typeof asked === 'boolean') return asked
  return typeof effort === 'string' ? effort !== 'none' : undefined
}

/** The limit of output tokens, under the new name or the old one. */
export function maxTokensOf(body: JsonObject): number | undefined {
  const { max_completion_tokens: completion, max_tokens: old } = body
  const tokens = completion ?? old
  return typeof tokens === 'number' ? tokens : undefined
}

/** The body without an output limit whose name the model's page does not list: the server ignores it. */
export function effectiveBody({ parameters, unlisted }: SimulatedModel, body: JsonObject): JsonObject {
  const ignored = ['max_tokens', 'max_completion_tokens'].filter((name) => parameters[name] === undefined && unlisted[name] === undefined)
  return ignored.some((name) => body[name] !== undefined) ? Object.fromEntries(Object.entries(body).filter(([name]) => !ignored.includes(name))) : body
}
