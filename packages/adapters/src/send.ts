import { AgentError, type ContextOverflow, type ExchangeObserver, type ModelEvent, type ModelRequest, type RequestOrigin } from '@capstan/core'
import { copyError } from '@capstan/core/internal'
import type { Connection, RequestHeaders } from './connection.ts'
import { createModeFinder, keepChange, type Learned, learnedOf, type ModeFinder } from './learned.ts'
import { Observation } from './observe.ts'
import type { ByteLimits, Clocks, ModelProfile } from './profiles/profile.ts'
import { redact, redactorOf } from './redact.ts'
import type { ChatSettings } from './settings.ts'
import { shownHeaders, shownURL } from './shown-request.ts'
import { Exchange } from './transport/exchange.ts'
import type { DecodeContext } from './wire/decode-context.ts'
import { decodeError, readProviderError, requestIdOf } from './wire/decode-error.ts'
import { notACompletion } from './wire/decode-response.ts'
import { type EncodeMode, modeOf } from './wire/encode-mode.ts'
import { createRequestEncoder, type EncoderOptions, type RequestEncoder } from './wire/encode-request.ts'
import { redirectPath } from './wire/redirect-path.ts'
import type { RequestBody } from './wire/request-body.ts'
import { findChange, type RequestChange } from './wire/request-change.ts'

/** Everything that a model needs to send requests. It never leaves this package. */
export interface Chat {
  /** Endpoint and model, for messages. */
  readonly id: string
  readonly profile: ModelProfile
  readonly settings: ChatSettings & { readonly baseURL: string }
  readonly connection: Connection
  readonly encoding: EncoderOptions
  /** Created with the first request. */
  serialising: Serialising | undefined
  /** Wire names of the parameters of the settings. */
  readonly sent: readonly string[]
  readonly clocks: Clocks
  /** Not streaming, nothing comes before the complete response: the headers may take as long as the first content. */
  readonly wholeClocks: Clocks
  readonly limits: ByteLimits
  readonly observers: readonly ExchangeObserver[]
}

/** State used to serialise the requests of one model. */
interface Serialising {
  readonly learned: Learned
  readonly modeFor: ModeFinder
  readonly encoder: RequestEncoder
}

/** One call of a model. */
export interface Call {
  readonly chat: Chat
  readonly request: ModelRequest
  readonly stream: boolean
  readonly signal: AbortSignal
  /** Of a request of a run that is recorded. */
  readonly origin: RequestOrigin | undefined
}

/** A request that is ready to be sent: `exchange.send()`, then `body.release()`. */
export interface OpenedExchange {
  readonly exchange: Exchange
  readonly body: RequestBody
  readonly mode: EncodeMode
  readonly credentials: RequestHeaders
}

/**
 * Serialises a request and prepares its exchange.
 *
 * @throws {AgentError} For what the model refuses, and for a missing key.
 */
export function openExchange({ chat, request, stream, signal, origin }: Call): OpenedExchange {
  const { connection, clocks, limits, settings } = chat
  chat.serialising ??= serialisingOf(chat)
  const { learned, modeFor, encoder } = chat.serialising
  const mode = modeFor(request, stream)
  const credentials = connection.headers(stream ? 'text/event-stream' : 'application/json')
  const body = encoder.encode(request, mode)
  const path = learned.redirect?.path ?? connection.path
  const exchange = new Exchange({
    origin: connection.origin,
    path,
    headers: credentials.headers,
    body: body.bytes,
    signal,
    clocks: stream ? clocks : chat.wholeClocks,
    maxBytes: limits.responseBytes,
    dispatcher: settings.dispatcher,
    secrets: credentials.secrets,
    observation: observe(chat, credentials, { path, body: body.bytes, origin }),
  })
  return { exchange, body, mode, credentials }
}

interface Outgoing {
  readonly path: string
  readonly body: Uint8Array
  readonly origin: RequestOrigin | undefined
}

function observe({ connection, observers: own, settings }: Chat, credentials: RequestHeaders, { path, body, origin }: Outgoing): Observation | undefined {
  const { observer } = settings.dispatcher ?? {}
  const observers = observer === undefined ? own : [...own, observer]
  if (observers.length === 0) return undefined
  const url = shownURL(connection, path)
  const observation = new Observation(observers, {
    url,
    method: 'POST',
    headers: shownHeaders(credentials),
    body,
    ...(origin !== undefined && { origin }),
    redact: redactorOf(credentials.secrets),
  })
  return observation.isWanted ? observation : undefined
}

/** What decoding has to know, once the headers of the response have come. */
export function contextOf({ chat, request }: Call, { exchange, mode, credentials }: OpenedExchange): DecodeContext {
  const { id, connection, limits, profile, settings } = chat
  const { secrets, keySource } = credentials
  const { headers } = exchange
  return {
    model: id,
    origin: connection.origin,
    keySource,
    keyHint: profile.keyHint,
    secrets,
    profile,
    limits,
    headers,
    requestId: requestIdOf(headers, secrets),
    maxOutputTokens: mode.maxOutputTokens ?? settings.maxOutputTokens,
    hasTextForm: chat.encoding.hasTextForm,
    tools: request.tools ?? [],
  }
}

function serialisingOf({ encoding, profile, settings }: Chat): Serialising {
  const learned = learnedOf(settings.baseURL, encoding.model, settings.dispatcher)
  return {
    learned,
    modeFor: createModeFinder((stream) => modeOf(profile, { ...settings, stream, thinks: encoding.thinks }), learned, ownLimit(profile, settings)),
    encoder: createRequestEncoder(encoding),
  }
}

function ownLimit({ parameters }: ModelProfile, { maxOutputTokens }: ChatSettings): number | undefined {
  return maxOutputTokens ?? parameters.maxOutputTokens?.max
}

/** Error bodies are read only for their message: no more than this. */
const maxErrorBodyBytes = 64 * 1024

/** Receives how a refused request is changed from now on. */
export type OnRepair = (event: ModelEvent & { readonly type: 'repaired' }) => void

/**
 * The error of a response that cannot be read as a reply: another status than 200, or an unknown encoding. A refusal that names a
 * known rule changes how later requests are serialised; then the error is retryable.
 */
export async function refusalOf(call: Call, opened: OpenedExchange, onRepair: OnRepair): Promise<AgentError> {
  const { exchange, mode } = opened
  const { status, headers } = exchange
  const context = contextOf(call, opened)
  if (status === 200) return unreadable(exchange, context)
  const body = await exchange.readText(maxErrorBodyBytes)
  if (status < 300) return notACompletion(`its status is ${status}`, body, context)
  const error = decodeError({ status, phase: 'headers', headers, body }, context)
  const change = status < 400 ? followRedirect(call.chat, exchange) : changeRequests(call, { status, body, mode, context, overflow: error.overflow })
  if (change === undefined) return error
  onRepair({ type: 'repaired', what: change.what, message: `${context.model} refused a request (${status}): ${change.description}.` })
  // The next attempt sends the request in its changed form, without delay. The caller sees and counts that attempt.
  return copyError(error, { message: `${error.message} (${change.description})`, retryable: true, retryAfterMs: 0, reworded: true })
}

interface Refused {
  readonly status: number
  readonly body: string
  readonly mode: EncodeMode
  readonly context: DecodeContext
  readonly overflow: ContextOverflow | undefined
}

function changeRequests({ chat, request }: Call, { status, body, mode, context, overflow }: Refused): ChangeNote | undefined {
  const { learned } = chat.serialising ?? serialisingOf(chat)
  const { maxOutputTokens } = context
  const refusal = {
    status,
    error: readProviderError(body),
    profile: chat.profile,
    mode,
    learned: learned.patch,
    sent: chat.sent,
    maxOutputTokens,
    roomTokens: overflow?.roomTokens,
  }
  const change = findChange(refusal, learned.done)
  if (change !== undefined) keepChange(learned, change, request)
  return change
}

type ChangeNote = Pick<RequestChange, 'what' | 'description'>

const maxRedirects = 3

/** A redirect that keeps method and body, on the same origin, so that the key is sent to no other server. The next attempt follows it. */
function followRedirect(chat: Chat, { status, headers }: Exchange): ChangeNote | undefined {
  const { learned } = chat.serialising ?? serialisingOf(chat)
  const count = (learned.redirect?.count ?? 0) + 1
  const path = status === 307 || status === 308 ? redirectPath(headers['location'], chat.connection.url) : undefined
  if (path === undefined || count > maxRedirects) return undefined
  learned.redirect = { path, count }
  // The query may hold a key.
  return { what: 'redirect', description: `requests go to ${path.split('?', 1)[0]} from now on` }
}

function unreadable(exchange: Exchange, { model, origin, secrets }: DecodeContext): AgentError {
  exchange.close()
  const encoding = redact((exchange.unreadableEncoding ?? '').slice(0, 40), secrets)
  const message = `${model} at ${origin} sent its response in an encoding that Capstan did not request and cannot read: '${encoding}'.`
  return new AgentError(message, { code: 'network-protocol', phase: 'headers' })
}
