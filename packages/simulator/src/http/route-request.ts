import { answerFromReply } from '../answers/answer.ts'
import type { AnswerSource } from '../answers/answer-source.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { dialectOf, dialectOfModel } from '../dialects/dialect-of.ts'
import type { SimulatedEndpoint } from '../endpoints/simulated-endpoint.ts'
import { applyWireFaults, needsReply } from '../faults/apply-faults.ts'
import { type Fault, type FaultRule, faultsFor } from '../faults/fault.ts'
import { asObject, isObject, type Json, type JsonObject } from '../json.ts'
import type { SimulatedModel } from '../models/simulated-model.ts'
import type { SimulatedRequest, StrictOptions } from '../options.ts'
import type { Rejection } from '../rejection.ts'
import { refuse } from '../rules/refusal-rules.ts'
import type { Seeded } from '../seeded.ts'
import type { PromptCache } from '../tokens/prompt-cache.ts'
import { promptText } from '../tokens/prompt-text.ts'
import { countTokens } from '../tokens/tokenize.ts'
import { heededBody, isThinking, maxTokensOf } from '../validate/context.ts'
import { hasForeignIds } from '../validate/own-ids.ts'
import { missingModel, validateRequest } from '../validate/validate-request.ts'
import { encodeAnswer } from '../wire/encode-answer.ts'
import { isEvent } from '../wire/places.ts'
import { jsonTransmission, type Transmission, type WireAction } from '../wire/transmission.ts'
import { authenticate } from './authenticate.ts'

/** What all requests of one simulator share. */
export interface RouteContext {
  readonly endpoint: SimulatedEndpoint
  readonly apiKey: string | undefined
  readonly models: readonly SimulatedModel[]
  readonly strict: StrictOptions
  readonly faults: readonly FaultRule[]
  readonly chunkDelayMs: number
  readonly source: AnswerSource
  readonly cache: PromptCache
  readonly seeded: Seeded
}

/** A finished answer, with what faults may ask about it. */
interface Routed {
  readonly transmission: Transmission
  readonly dialect: Dialect
  readonly faults: readonly Fault[]
  readonly wholeBody: Json | undefined
  readonly delayMs: number
}

/** Decides what a request is answered, faults included. Everything but the socket. */
export function routeRequest(request: SimulatedRequest, isTooLarge: boolean, context: RouteContext): Transmission {
  const faults = faultsFor(context.faults, request.index + 1, context.seeded.fraction)
  const routed = route(request, isTooLarge, { ...context, ruleFaults: faults })
  const faulty = applyWireFaults(routed.transmission, routed.faults, {
    errorBody: (rejection) => routed.dialect.error(rejection),
    statusRejection: (status, type) => routed.dialect.statusRejection(status, type),
    path: request.path,
    key: /^Bearer +(\S+)$/i.exec(request.headers['authorization'] ?? '')?.[1],
    maxTokens: maxTokensOf(asObject(request.body)),
    wholeBody: () => routed.wholeBody,
  })
  return paced(faulty, routed.delayMs, context.chunkDelayMs)
}

type RequestContext = RouteContext & { readonly ruleFaults: readonly Fault[] }

function route(request: SimulatedRequest, isTooLarge: boolean, context: RequestContext): Routed {
  const { endpoint } = context
  const model = modelOf(request.body, context)
  const dialect = model === undefined ? dialectOf(endpoint.family) : dialectOfModel(model)
  const reject = (rejection: Rejection): Routed => ({ ...refusal(rejection, dialect), faults: context.ruleFaults })
  const path = request.path.split('?')[0] ?? ''
  const place = placeOf(path, endpoint)
  if (place === undefined) return reject({ status: 404, message: `Not found: ${request.method} ${path}`, type: 'resource_not_found_error' })
  if (request.method !== place.method) {
    return reject({ status: 405, message: `Method ${request.method} is not allowed, use ${place.method}`, headers: { allow: place.method } })
  }
  const isOpen = endpoint.keyless === true && context.apiKey === undefined
  const unauthenticated = isOpen ? undefined : authenticate(request.headers['authorization'], context.apiKey, dialect)
  if (unauthenticated !== undefined) return reject(unauthenticated)
  if (place.method === 'GET') return { ...plain(jsonTransmission(modelList(context.models)), dialect), faults: context.ruleFaults }
  if (isTooLarge) return reject({ status: 413, message: 'Request body is too large' })
  if (!isObject(request.body)) return reject({ status: 400, message: 'Failed to parse the request body as JSON: expected an object' })
  if (model === undefined) return reject(unknownModel(request.body, context))
  return answer({ request, body: request.body, model, dialect, isBeta: place.isBeta }, context)
}

/** A server without words for an unknown model answers with the one that it has. */
function modelOf(body: Json | undefined, { models, endpoint }: RouteContext): SimulatedModel | undefined {
  const known = models.find(({ id }) => id === asObject(body)['model'])
  return known ?? (endpoint.unknownModel === undefined ? models[0] : undefined)
}

interface RoutePlace {
  readonly method: 'POST' | 'GET'
  readonly isBeta: boolean
}

function placeOf(path: string, { basePath, otherPaths = [], betaPath }: SimulatedEndpoint): RoutePlace | undefined {
  const method = path.endsWith('/chat/completions') ? 'POST' : path.endsWith('/models') ? 'GET' : undefined
  if (method === undefined) return undefined
  const base = path.replace(/\/(?:chat\/completions|models)$/, '')
  const isBeta = base === betaPath
  return isBeta || base === basePath || otherPaths.includes(base) ? { method, isBeta } : undefined
}

interface KnownRequest {
  readonly request: SimulatedRequest
  readonly body: JsonObject
  readonly model: SimulatedModel
  readonly dialect: Dialect
  readonly isBeta: boolean
}

/** What weights say to ids that are not their own: nothing, and that in good order. */
const silence = answerFromReply({ candidates: [{ reasoning: 'I go on.', text: '', toolCalls: [], finishReason: 'stop' }] })

function answer({ request, body, model, dialect, isBeta }: KnownRequest, context: RequestContext): Routed {
  const thinking = isThinking(model, body)
  const invalid = validateRequest({ model, body, rawBody: request.rawBody, strict: context.strict, thinking, isBeta })
  if (invalid !== undefined) return { ...refusal(invalid, dialect), faults: context.ruleFaults }
  const isSilenced = model.needsOwnIds === true && hasForeignIds(body)
  const found = isSilenced ? silence : context.source.next(request, thinking)
  const faults = [...context.ruleFaults, ...found.faults]
  const prompt = promptText(body)
  const promptTokens = countTokens(prompt)
  // Prompts of different keys are not mixed, as those of different accounts are not.
  const cached = context.cache.add(`${model.id} ${request.headers['authorization'] ?? ''}`, prompt, model.cache)
  const encoded = encodeAnswer(found, faults, {
    body: heededBody(model, body),
    dialect,
    requestIndex: request.index,
    seeded: context.seeded,
    promptTokens,
    cachedTokens: Math.min(cached, promptTokens),
  })
  const misfit = found.type === 'reply' ? undefined : faults.find(needsReply)
  if (misfit !== undefined)
    context.source.addProblem(`Fault '${misfit.kind}' of request ${request.index + 1} needs a reply in parts, not exact chunks or a body.`)
  return { ...encoded, dialect, faults, delayMs: found.delayMs }
}

function refusal(rejection: Rejection, dialect: Dialect): Omit<Routed, 'faults'> {
  return plain(jsonTransmission(dialect.error(rejection), rejection.status, rejection.headers), dialect)
}

function plain(transmission: Transmission, dialect: Dialect): Omit<Routed, 'faults'> {
  return { transmission, dialect, wholeBody: undefined, delayMs: 0 }
}

function modelList(models: readonly SimulatedModel[]): Json {
  return { object: 'list', data: models.map((model) => ({ id: model.id, object: 'model', owned_by: model.owner })) }
}

function unknownModel(body: JsonObject, { endpoint, models }: RouteContext): Rejection {
  const model = body['model']
  if (typeof model !== 'string') return missingModel
  return refuse(endpoint.unknownModel, { model, models: models.map(({ id }) => id).join(' or ') }, { parameter: 'model' }) ?? missingModel
}

function paced(transmission: Transmission, delayMs: number, chunkDelayMs: number): Transmission {
  const actions = chunkDelayMs > 0 ? transmission.actions.flatMap((action) => withPause(action, chunkDelayMs)) : transmission.actions
  return { ...transmission, actions: delayMs > 0 ? [{ type: 'pause', ms: delayMs }, ...actions] : actions }
}

function withPause(action: WireAction, ms: number): readonly WireAction[] {
  return isEvent(action) ? [{ type: 'pause', ms }, action] : [action]
}
