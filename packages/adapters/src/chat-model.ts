import {
  AgentError,
  type Completion,
  type Model,
  type ModelCallOptions,
  type ModelRequest,
  type ModelTraits,
  type ToolChoice,
  type Warning,
} from '@capstan/core'
import { withRetries } from '@capstan/core/internal'
import { AnswerStream, type Call, loadExchange } from './answer-stream.ts'
import { checkSettings, clocksOf, limitsOf } from './check-settings.ts'
import { prepareConnection } from './connection.ts'
import type { ModelProfile } from './profiles/profile.ts'
import type { EventBatch } from './read-answer.ts'
import type { Chat } from './send.ts'
import type { ChatSettings } from './settings.ts'
import { choicesOf, encodeParameters, isThinking, parameterWarnings } from './wire/encode-parameters.ts'

/** What makes a model of a profile. */
export interface ChatModelOptions {
  /** For people: endpoint and model. */
  readonly id: string
  /** The name that is sent. */
  readonly model: string
  readonly profile: ModelProfile
  readonly settings: ChatSettings & { readonly baseURL: string }
}

/**
 * Joins profile, wire and transport into a model. Settings and key stay in its closure.
 *
 * @throws {AgentError} `invalid-options` for settings that the model refuses, before any request.
 */
export function createChatModel(options: ChatModelOptions): Model {
  const { id, profile, settings, model } = options
  checkSettings(settings, model)
  const parameters = encodeParameters(settings, profile, model)
  const clocks = clocksOf(settings, profile)
  const chat: Chat = {
    id,
    profile,
    settings,
    connection: prepareConnection(settings),
    encoding: {
      model,
      profile,
      parameters,
      allowTools: settings.allowTools === true,
      thinks: isThinking(settings, profile),
      extraBody: settings.extraBody,
    },
    wording: undefined,
    sent: parameters.map(([name]) => name),
    clocks,
    wholeClocks: { ...clocks, headersMs: clocks.firstContentMs },
    limits: limitsOf(settings, profile),
  }
  const warnings = parameterWarnings(settings, profile, id)
  return {
    id,
    traits: traitsOf(options),
    ...(settings.limiter !== undefined && { limiter: settings.limiter }),
    stream: (request, { signal }) => new AnswerStream({ chat, warnings, request, signal }),
    complete: (request, callOptions = {}) => complete({ chat, warnings, request, signal: signalOf(callOptions) }),
  }
}

function traitsOf({ profile, settings }: ChatModelOptions): ModelTraits {
  const tools = profile.tools.allowed || settings.allowTools === true
  const prices = settings.prices ?? profile.prices
  let scope: string | undefined
  return {
    tools,
    toolChoices: tools && profile.toolChoice.onlyWhenAsked !== true ? toolChoicesOf(profile, settings) : [],
    outputModes: outputModesOf(profile),
    candidates: settings.n ?? 1,
    get retryScope() {
      scope ??= retryScopeOf(settings)
      return scope
    },
    ...(prices !== undefined && { prices }),
  }
}

/** Models of one endpoint and one key share a retry budget. Of a key only a few bytes of its hash are kept. */
function retryScopeOf({ baseURL, apiKey, apiKeyEnv = '' }: ChatSettings & { readonly baseURL: string }): string {
  if (apiKey === undefined) return `${baseURL} ${apiKeyEnv}`
  // It takes several milliseconds to load, so it waits for the first run.
  const { createHash } = process.getBuiltinModule('node:crypto')
  const credential = createHash('sha256').update(apiKey).digest('hex').slice(0, 12)
  return `${baseURL} ${credential}`
}

function toolChoicesOf(profile: ModelProfile, settings: ChatSettings): readonly ToolChoice[] {
  return choicesOf(profile, isThinking(settings, profile))
}

/** Formats that the documentation of the model lists; a server without a profile is not trusted with one. */
function outputModesOf({ models, jsonSchema, parameters: { responseFormat } }: ModelProfile): readonly ('native' | 'json')[] {
  const values = models.length > 0 && responseFormat?.kind === 'choice' ? responseFormat.values : []
  return [...(jsonSchema === true ? (['native'] as const) : []), ...(values.includes('json_object') ? (['json'] as const) : [])]
}

function signalOf({ signal = new AbortController().signal }: Partial<ModelCallOptions>): AbortSignal {
  return signal
}

async function complete({ chat, warnings, request, signal }: Call): Promise<Completion> {
  const { send, readAnswer } = await loadExchange()
  let attempts = 0
  const noted: Warning[] = [...warnings]
  const onRepair = ({ what, message }: { readonly what: string; readonly message: string }): void => {
    noted.push({ code: `repaired ${what}`, message })
  }
  const sendOnce = async (attempt: number): Promise<EventBatch> => {
    attempts = attempt
    const open = await send(chat, request, { stream: false, signal, onRepair })
    try {
      const reader = readAnswer(open)
      for (;;) {
        const batch = await reader.next()
        if (batch.isLast) return batch
      }
    } finally {
      open.answer.close()
    }
  }
  const sendLimited = async (attempt: number): Promise<EventBatch> => {
    const permit = await chat.settings.limiter?.acquire(estimateTokens(request), signal)
    let batch: EventBatch | undefined
    try {
      batch = await sendOnce(attempt)
      return batch
    } finally {
      permit?.release(batch?.document?.reply.usage.totalTokens)
    }
  }
  try {
    return toCompletion(await withRetries(sendLimited, signal), attempts, noted)
  } catch (error) {
    if (AgentError.is(error)) throw Object.assign(error, { attempts: error.phase === 'setup' ? 0 : attempts })
    // A wait before a retry ends with the reason of the signal.
    throw new AgentError('The call was aborted.', { code: signal.aborted ? 'aborted' : 'internal', phase: 'headers', cause: error })
  }
}

/** A token is about four characters. */
function estimateTokens({ instructions = '', messages }: ModelRequest): number {
  return Math.ceil((instructions.length + JSON.stringify(messages).length) / 4)
}

/** A server that streams although it was not asked to gives its first candidate alone, and no body to keep. */
function toCompletion({ document, events }: EventBatch, attempts: number, warnings: readonly Warning[]): Completion {
  if (document !== undefined) {
    const { reply, candidates, raw } = document
    return { ...reply, candidates, attempts, raw, warnings: [...warnings, ...document.warnings] }
  }
  const reply = events.find((event) => event.type === 'reply')?.reply
  if (reply === undefined) throw new AgentError('The answer has no reply.', { code: 'internal', phase: 'finish' })
  const { message, finishReason, rawFinishReason } = reply
  const candidate = { message, finishReason, ...(rawFinishReason !== undefined && { rawFinishReason }) }
  const noted = events.flatMap((event) => (event.type === 'warning' ? [event.warning] : []))
  return { ...reply, candidates: [candidate], attempts, raw: null, warnings: [...warnings, ...noted] }
}
