import { AgentError, copyError, type ModelRequest } from '@capstan/core'
import type { Connection } from './connection.ts'
import { type Learned, learn } from './learned.ts'
import type { ByteLimits, Clocks, ModelProfile } from './profiles/profile.ts'
import type { OpenAnswer } from './read-answer.ts'
import { redact } from './redact.ts'
import type { ChatSettings } from './settings.ts'
import type { DecodeContext } from './wire/decode-context.ts'
import { decodeError, readProviderError, requestIdOf } from './wire/decode-error.ts'
import { notACompletion } from './wire/decode-response.ts'
import type { EncodeMode, RequestEncoder } from './wire/encode-request.ts'

/** All that a model needs to send; it stays inside. */
export interface Chat {
  /** For people: endpoint and model. */
  readonly id: string
  readonly profile: ModelProfile
  readonly settings: ChatSettings
  readonly connection: Connection
  readonly encoder: RequestEncoder
  readonly clocks: Clocks
  readonly limits: ByteLimits
  readonly learned: Learned
}

/** How one request is sent. */
export interface SendOptions {
  readonly stream: boolean
  readonly signal: AbortSignal
}

/** undici and the parser load with the first request, not with the import of this package. */
let transport: Promise<typeof import('./transport/post.ts')> | undefined

/**
 * Sends a request once and waits for the headers of its answer.
 *
 * @throws {AgentError} Before the request for what the model refuses; after it for an answer that is an error.
 */
export async function send(chat: Chat, request: ModelRequest, { stream, signal }: SendOptions): Promise<OpenAnswer> {
  const { id, connection, clocks, limits, profile, settings } = chat
  const mode = modeOf(chat, stream)
  const body = chat.encoder.encode(request, mode)
  const { headers, secrets, keySource } = connection.headers(stream ? 'text/event-stream' : 'application/json')
  transport ??= import('./transport/post.ts')
  const { post } = await transport
  const answer = await post({
    url: connection.url,
    headers,
    body,
    signal,
    // Not streaming, nothing comes before the whole answer: the headers may take as long as the first content.
    clocks: stream ? clocks : { ...clocks, headersMs: clocks.firstContentMs },
    limits,
    dispatcher: settings.dispatcher,
    secrets,
  })
  const context: DecodeContext = {
    model: id,
    origin: connection.url.origin,
    keySource,
    secrets,
    profile,
    limits,
    headers: answer.headers,
    requestId: requestIdOf(answer.headers, secrets),
    maxOutputTokens: settings.maxOutputTokens,
  }
  if (answer.status !== 200) throw await refusalOf(chat, { answer, context }, mode)
  checkEncoding({ answer, context })
  return { answer, context }
}

function modeOf({ profile, settings, learned }: Chat, stream: boolean): EncodeMode {
  return {
    stream,
    streamUsage: (settings.streamUsage ?? profile.streamUsage !== 'no') && !learned.refusesStreamUsage,
    passBack: learned.passBack ?? profile.reasoning.passBack,
  }
}

/** Error bodies are read for their words: no more than this. */
const maxErrorBodyBytes = 64 * 1024

async function refusalOf({ learned, profile }: Chat, { answer, context }: OpenAnswer, mode: EncodeMode): Promise<AgentError> {
  const { status, headers } = answer
  const body = await answer.readBeginning(maxErrorBodyBytes)
  if (status < 300) return notACompletion(`its status is ${status}`, body, context)
  const error = decodeError({ status, phase: 'headers', headers, body }, context)
  const lesson = learn(learned, { status, said: readProviderError(body), mode, profile })
  // The same request is worded otherwise when it is sent again, and may be at once: a retry that the caller sees and counts.
  return lesson === undefined ? error : copyError(error, { message: `${error.message} (${lesson})`, retryable: true, retryAfterMs: 0 })
}

function checkEncoding({ answer, context }: OpenAnswer): void {
  const encoding = answer.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity' || encoding === '') return
  answer.close()
  const message = `${context.model} at ${context.origin} sent a compressed answer ('${redact(encoding.slice(0, 40), context.secrets)}') that was not asked for.`
  throw new AgentError(message, { code: 'network-protocol', phase: 'headers' })
}
