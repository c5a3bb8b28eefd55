import type { AnswerSource } from '../answers/answer-source.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { dialectOf } from '../dialects/dialect-of.ts'
import { applyWireFaults, needsReply } from '../faults/apply-faults.ts'
import { type Fault, type FaultRule, faultsFor } from '../faults/fault.ts'
import { asObject, isObject, type Json, type JsonObject } from '../json.ts'
import type { SimulatedModel } from '../models/simulated-model.ts'
import type { SimulatedRequest, StrictOptions } from '../options.ts'
import type { Rejection } from '../rejection.ts'
import type { Seeded } from '../seeded.ts'
import type { PromptCache } from '../tokens/prompt-cache.ts'
import { promptText } from '../tokens/prompt-text.ts'
import { countTokens } from '../tokens/tokenize.ts'
import { isThinking } from '../validate/context.ts'
import { validateRequest } from '../validate/validate-request.ts'
import { encodeAnswer } from '../wire/encode-answer.ts'
import { isEvent } from '../wire/places.ts'
import { jsonTransmission, type Transmission, type WireAction } from '../wire/transmission.ts'
import { authenticate } from './authenticate.ts'

/** What all requests of one simulator share. */
export interface RouteContext {
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
    statusRejection: (status) => routed.dialect.statusRejection(status),
    key: /^Bearer +(\S+)$/i.exec(request.headers['authorization'] ?? '')?.[1],
    maxTokens: maxTokensOf(request.body),
    wholeBody: () => routed.wholeBody,
  })
  return paced(faulty, routed.delayMs, context.chunkDelayMs)
}

function maxTokensOf(body: Json | undefined): number | undefined {
  const { max_tokens: maxTokens } = asObject(body)
  return typeof maxTokens === 'number' ? maxTokens : undefined
}

type RequestContext = RouteContext & { readonly ruleFaults: readonly Fault[] }

function route(request: SimulatedRequest, isTooLarge: boolean, context: RequestContext): Routed {
  const model = context.models.find(({ id }) => id === asObject(request.body)['model'])
  // Before the model is known, errors have the form that most clients can read.
  const dialect = dialectOf(model?.family ?? 'deepseek')
  const reject = (rejection: Rejection): Routed => ({ ...refusal(rejection, dialect), faults: context.ruleFaults })
  const path = request.path.split('?')[0]
  const allowed = path === '/v1/chat/completions' ? 'POST' : path === '/v1/models' ? 'GET' : undefined
  if (allowed === undefined) return reject({ status: 404, message: `Not found: ${request.method} ${path}`, type: 'resource_not_found_error' })
  if (request.method !== allowed) {
    return reject({ status: 405, message: `Method ${request.method} is not allowed, use ${allowed}`, headers: { allow: allowed } })
  }
  const unauthenticated = authenticate(request.headers['authorization'], context.apiKey, dialect)
  if (unauthenticated !== undefined) return reject(unauthenticated)
  if (path === '/v1/models') return { ...plain(jsonTransmission(modelList(context.models)), dialect), faults: context.ruleFaults }
  if (isTooLarge) return reject({ status: 413, message: 'Request body is too large' })
  if (!isObject(request.body)) return reject({ status: 400, message: 'Failed to parse the request body as JSON: expected an object' })
  if (model === undefined) return reject(unknownModel(request.body))
  return answer({ request, body: request.body, model, dialect }, context)
}

interface KnownRequest {
  readonly request: SimulatedRequest
  readonly body: JsonObject
  readonly model: SimulatedModel
  readonly dialect: Dialect
}

function answer({ request, body, model, dialect }: KnownRequest, context: RequestContext): Routed {
  const thinking = isThinking(model, body)
  const invalid = validateRequest({ model, body, rawBody: request.rawBody, strict: context.strict, thinking })
  if (invalid !== undefined) return { ...refusal(invalid, dialect), faults: context.ruleFaults }
  const found = context.source.next(request, thinking)
  const faults = [...context.ruleFaults, ...found.faults]
  const prompt = promptText(body)
  const promptTokens = countTokens(prompt)
  // Prompts of different keys are not mixed, as those of different accounts are not.
  const cached = context.cache.add(`${model.id} ${request.headers['authorization'] ?? ''}`, prompt, model.cache)
  const encoded = encodeAnswer(found, faults, {
    body,
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

function unknownModel(body: JsonObject): Rejection {
  const name = body['model']
  if (typeof name !== 'string') return { status: 400, message: 'Invalid request: model is missing', parameter: 'model' }
  return { status: 404, message: `Not found the model ${name} or Permission denied`, type: 'resource_not_found_error', parameter: 'model' }
}

function paced(transmission: Transmission, delayMs: number, chunkDelayMs: number): Transmission {
  const actions = chunkDelayMs > 0 ? transmission.actions.flatMap((action) => withPause(action, chunkDelayMs)) : transmission.actions
  return { ...transmission, actions: delayMs > 0 ? [{ type: 'pause', ms: delayMs }, ...actions] : actions }
}

function withPause(action: WireAction, ms: number): readonly WireAction[] {
  return isEvent(action) ? [{ type: 'pause', ms }, action] : [action]
}
