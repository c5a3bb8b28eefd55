import { AgentError, type ModelEvent, type ModelRequest } from '@capstan/core'
import { copyError } from '@capstan/core/internal'
import type { Connection } from './connection.ts'
import { createModeFinder, keepRepair, type Learned, learnedOf, type ModeFinder } from './learned.ts'
import type { ByteLimits, Clocks, ModelProfile } from './profiles/profile.ts'
import type { OpenAnswer } from './read-answer.ts'
import { redact } from './redact.ts'
import type { ChatSettings } from './settings.ts'
import { type Answer, post } from './transport/post.ts'
import type { DecodeContext } from './wire/decode-context.ts'
import { decodeError, readProviderError, requestIdOf } from './wire/decode-error.ts'
import { notACompletion } from './wire/decode-response.ts'
import { type EncodeMode, modeOf } from './wire/encode-mode.ts'
import { createRequestEncoder, type EncoderOptions, type RequestEncoder } from './wire/encode-request.ts'
import { findRepair } from './wire/heal.ts'
import { redirectPath } from './wire/redirect-path.ts'

/** All that a model needs to send; it stays inside. */
export interface Chat {
  /** For people: endpoint and model. */
  readonly id: string
  readonly profile: ModelProfile
  readonly settings: ChatSettings & { readonly baseURL: string }
  readonly connection: Connection
  readonly encoding: EncoderOptions
  /** Made with the first request. */
  wording: Wording | undefined
  /** Wire names of the parameters of the settings. */
  readonly sent: readonly string[]
  readonly clocks: Clocks
  /** Not streaming, nothing comes before the whole answer: the headers may take as long as the first content. */
  readonly wholeClocks: Clocks
  readonly limits: ByteLimits
}

/** What words the requests of a model. */
interface Wording {
  readonly learned: Learned
  readonly modeFor: ModeFinder
  readonly encoder: RequestEncoder
}

/** How one request is sent. */
export interface SendOptions {
  readonly stream: boolean
  readonly signal: AbortSignal
  /** Is told how a refused request is worded from now on, before the refusal is thrown. */
  readonly onRepair?: (event: ModelEvent & { readonly type: 'repaired' }) => void
}

/**
 * Sends a request once and waits for the headers of its answer.
 *
 * @throws {AgentError} Before the request for what the model refuses; after it for an answer that is an error.
 */
export async function send(chat: Chat, request: ModelRequest, options: SendOptions): Promise<OpenAnswer> {
  const { id, connection, clocks, limits, profile, settings } = chat
  const { stream, signal } = options
  chat.wording ??= wordingOf(chat)
  const { learned, modeFor, encoder } = chat.wording
  const mode = modeFor(request, stream)
  const { headers, secrets, keySource } = connection.headers(stream ? 'text/event-stream' : 'application/json')
  const body = encoder.encode(request, mode)
  const answer = post({
    origin: connection.origin,
    path: learned.redirect?.path ?? connection.path,
    headers,
    body: body.bytes,
    signal,
    clocks: stream ? clocks : chat.wholeClocks,
    limits,
    dispatcher: settings.dispatcher,
    secrets,
  })
  try {
    await answer.open()
  } finally {
    body.release()
  }
  const context: DecodeContext = {
    model: id,
    origin: connection.origin,
    keySource,
    keyHint: profile.keyHint,
    secrets,
    profile,
    limits,
    headers: answer.headers,
    requestId: requestIdOf(answer.headers, secrets),
    maxOutputTokens: mode.maxOutputTokens ?? settings.maxOutputTokens,
    tools: request.tools ?? [],
  }
  if (answer.status !== 200) throw await refusalOf(chat, { answer, context }, { learned, mode, request, options })
  checkEncoding({ answer, context })
  return { answer, context }
}

function wordingOf({ encoding, profile, settings }: Chat): Wording {
  const learned = learnedOf(settings.baseURL, encoding.model)
  return {
    learned,
    modeFor: createModeFinder((stream) => modeOf(profile, { ...settings, stream, thinks: encoding.thinks }), learned),
    encoder: createRequestEncoder(encoding),
  }
}

/** Error bodies are read for their words: no more than this. */
const maxErrorBodyBytes = 64 * 1024

interface Refused {
  readonly learned: Learned
  readonly mode: EncodeMode
  readonly request: ModelRequest
  readonly options: SendOptions
}

async function refusalOf(chat: Chat, { answer, context }: OpenAnswer, refused: Refused): Promise<AgentError> {
  const { status, headers } = answer
  const body = await answer.readBeginning(maxErrorBodyBytes)
  if (status < 300) return notACompletion(`its status is ${status}`, body, context)
  const error = decodeError({ status, phase: 'headers', headers, body }, context)
  const repair = status < 400 ? follow(chat, refused.learned, answer) : heal(chat, { status, body, context }, refused)
  if (repair === undefined) return error
  refused.options.onRepair?.({ type: 'repaired', what: repair.what, message: `${chat.id} refused a request (${status}): ${repair.says}.` })
  // The same request is worded otherwise when it is sent again, and may be at once: a retry that the caller sees and counts.
  return copyError(error, { message: `${error.message} (${repair.says})`, retryable: true, retryAfterMs: 0, reworded: true })
}

interface RefusalWords {
  readonly status: number
  readonly body: string
  readonly context: DecodeContext
}

function heal({ profile, sent }: Chat, { status, body, context }: RefusalWords, { learned, mode, request }: Refused): RepairNote | undefined {
  const { maxOutputTokens } = context
  const repair = findRepair({ status, said: readProviderError(body), profile, mode, learned: learned.patch, sent, maxOutputTokens }, learned.done)
  if (repair !== undefined) keepRepair(learned, repair, request)
  return repair
}

interface RepairNote {
  readonly what: string
  readonly says: string
}

const maxRedirects = 3

/** A redirect that keeps method and body, on the same origin: the key goes nowhere else. It is followed with the next attempt. */
function follow({ connection }: Chat, learned: Learned, { status, headers }: Answer): RepairNote | undefined {
  const count = (learned.redirect?.count ?? 0) + 1
  const path = status === 307 || status === 308 ? redirectPath(headers['location'], connection.url) : undefined
  if (path === undefined || count > maxRedirects) return undefined
  learned.redirect = { path, count }
  return { what: 'redirect', says: `requests go to ${path} from now on` }
}

function checkEncoding({ answer, context }: OpenAnswer): void {
  if (!answer.isUnreadable) return
  answer.close()
  const encoding = redact((answer.headers['content-encoding'] ?? '').slice(0, 40), context.secrets)
  const message = `${context.model} at ${context.origin} sent its answer in an encoding that was not asked for and cannot be read: '${encoding}'.`
  throw new AgentError(message, { code: 'network-protocol', phase: 'headers' })
}
