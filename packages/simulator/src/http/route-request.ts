import type { Accounts } from '../billing/accounts.ts'
import type { Bill } from '../billing/prices.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { dialectOfModel, dialects } from '../dialects/dialect-of.ts'
import type { SimulatedEndpoint } from '../endpoints/simulated-endpoint.ts'
import { applyWireFaults, needsReply } from '../faults/apply-faults.ts'
import { type Fault, type FaultRule, faultsFor } from '../faults/fault.ts'
import { asObject, isObject, type Json, type JsonObject } from '../json.ts'
import type { SimulatedModel } from '../models/simulated-model.ts'
import type { SimulatedRequest, StrictOptions } from '../options/options.ts'
import type { Rejection } from '../rejection.ts'
import { replyMessage } from '../replies/count-output.ts'
import { responseFromReply } from '../replies/planned-response.ts'
import type { Reply } from '../replies/reply.ts'
import type { ResponseSource } from '../replies/response-source.ts'
import { refuse } from '../rules/refusal-rules.ts'
import type { Seeded } from '../seeded.ts'
import type { Prompt, PromptWriter } from '../tokens/prompt.ts'
import type { PromptCache } from '../tokens/prompt-cache.ts'
import { effectiveBody, isThinking, maxTokensOf } from '../validate/context.ts'
import { hasForeignIds } from '../validate/own-ids.ts'
import { missingModel, validateRequest } from '../validate/validate-request.ts'
import { encodeResponse } from '../wire/encode-response.ts'
import { isEvent } from '../wire/positions.ts'
import { jsonTransmission, type Transmission, type WireAction } from '../wire/transmission.ts'
import { authenticate } from './authenticate.ts'
import type { RoutedResponse } from './serve.ts'

/** What all requests of one simulator share. */
export interface RouteContext {
  readonly endpoint: SimulatedEndpoint
  readonly apiKey: string | undefined
  readonly models: readonly SimulatedModel[]
  readonly strict: StrictOptions
  readonly faults: readonly FaultRule[]
  readonly chunkDelayMs: number
  readonly source: ResponseSource
  readonly prompts: PromptWriter
  readonly cache: PromptCache
  readonly accounts: Accounts
  readonly seeded: Seeded
}

/** A response before the faults of the wire, with what they may ask about it. */
interface Routed {
  readonly transmission: Transmission
  readonly dialect: Dialect
  readonly faults: readonly Fault[]
  readonly completionBody: Json | undefined
  readonly delayMs: number
  /** Of a request that passed all checks. */
  readonly served?: ServedPrompt
}

interface ServedPrompt {
  readonly model: SimulatedModel
  readonly partition: string
  readonly prompt: Prompt
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly ttl: string
  readonly reply: Reply | undefined
}

/** The response to a request, faults included: everything but the socket. */
export function routeRequest(request: SimulatedRequest, isTooLarge: boolean, context: RouteContext): RoutedResponse {
  const faults = faultsFor(context.faults, request.index + 1, (label) => context.seeded.fraction(label))
  const routed = route(request, isTooLarge, { ...context, ruleFaults: faults })
  const faulty = applyWireFaults(routed.transmission, routed.faults, {
    errorBody: (rejection) => routed.dialect.error(rejection),
    statusRejection: (status, type) => routed.dialect.statusRejection(status, type),
    path: request.path,
    key: /^Bearer +(\S+)$/i.exec(request.headers['authorization'] ?? '')?.[1],
    maxTokens: maxTokensOf(asObject(request.body)),
    completionBody: () => routed.completionBody,
  })
  const isServed = routed.served !== undefined && faulty.status === 200
  return { transmission: paced(faulty, routed.delayMs, context.chunkDelayMs), bill: isServed ? charge(routed.served, context) : undefined }
}

/** What a provider does for a request that it serves, whatever happens to its response: it keeps the prompt, and bills it. */
function charge({ model, partition, prompt, cachedTokens, outputTokens, ttl, reply }: ServedPrompt, { cache, accounts, prompts }: RouteContext): Bill {
  const { replies, lifetimeMs = Number.POSITIVE_INFINITY } = model.cache
  const isReplyKept = replies === true && reply !== undefined
  const lifetime = typeof lifetimeMs === 'number' ? lifetimeMs : (lifetimeMs[ttl] ?? Number.POSITIVE_INFINITY)
  cache.keep(partition, isReplyKept ? prompts.continue(prompt, replyMessage(reply)) : prompt, lifetime)
  return accounts.charge({ model: model.id, inputTokens: prompt.tokens, cachedTokens, outputTokens, ttl })
}

type RequestContext = RouteContext & { readonly ruleFaults: readonly Fault[] }

function route(request: SimulatedRequest, isTooLarge: boolean, context: RequestContext): Routed {
  const { endpoint } = context
  const model = modelOf(request.body, context)
  const dialect = model === undefined ? dialects[endpoint.family] : dialectOfModel(model)
  const reject = (rejection: Rejection): Routed => ({ ...refusal(rejection, dialect), faults: context.ruleFaults })
  const path = request.path.split('?')[0] ?? ''
  const found = routeOf(path, endpoint)
  if (found === undefined) return reject({ status: 404, message: `Not found: ${request.method} ${path}`, type: 'resource_not_found_error' })
  if (request.method !== found.method) {
    return reject({ status: 405, message: `Method ${request.method} is not allowed, use ${found.method}`, headers: { allow: found.method } })
  }
  const isKeyless = endpoint.keyless === true && context.apiKey === undefined
  const unauthenticated = isKeyless ? undefined : authenticate(request.headers['authorization'], context.apiKey, dialect)
  if (unauthenticated !== undefined) return reject(unauthenticated)
  if (found.method === 'GET') return { ...plain(jsonTransmission(modelList(context.models)), dialect), faults: context.ruleFaults }
  if (isTooLarge) return reject({ status: 413, message: 'Request body is too large' })
  if (!isObject(request.body)) return reject({ status: 400, message: 'Failed to parse the request body as JSON: expected an object' })
  if (model === undefined) return reject(unknownModel(request.body, context))
  return complete({ request, body: request.body, model, dialect, isBeta: found.isBeta }, context)
}

/** A server that has no refusal for an unknown model uses the model that it has. */
function modelOf(body: Json | undefined, { models, endpoint }: RouteContext): SimulatedModel | undefined {
  const known = models.find(({ id }) => id === asObject(body)['model'])
  return known ?? (endpoint.unknownModel === undefined ? models[0] : undefined)
}

interface Route {
  readonly method: 'POST' | 'GET'
  readonly isBeta: boolean
}

function routeOf(path: string, { basePath, otherPaths = [], betaPath }: SimulatedEndpoint): Route | undefined {
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

/** What such weights generate after ids that are not their own: no text and no call, with the finish reason of a complete reply. */
const emptyReply = responseFromReply({ candidates: [{ reasoning: 'I go on.', text: '', toolCalls: [], finishReason: 'stop' }] })

function complete({ request, body, model, dialect, isBeta }: KnownRequest, context: RequestContext): Routed {
  const thinking = isThinking(model, body)
  let written: Prompt | undefined
  const writePrompt = (): Prompt => {
    written ??= context.prompts.write(model, body)
    return written
  }
  const promptTokens = (): number => writePrompt().tokens
  const invalid = validateRequest({ model, body, rawBody: request.rawBody, strict: context.strict, thinking, isBeta, promptTokens })
  if (invalid !== undefined) return { ...refusal(invalid, dialect), faults: context.ruleFaults }
  const isConfused = model.needsOwnIds === true && hasForeignIds(body)
  const planned = isConfused ? emptyReply : context.source.next(request, thinking)
  const faults = [...context.ruleFaults, ...planned.faults]
  const prompt = writePrompt()
  // Prompts of different keys are not compared, as those of different accounts are not.
  const partition = `${model.id} ${request.headers['authorization'] ?? ''}`
  const cachedTokens = Math.min(context.cache.read(partition, prompt, model.cache), prompt.tokens)
  const encoded = encodeResponse(planned, faults, {
    body: effectiveBody(model, body),
    dialect,
    requestIndex: request.index,
    seeded: context.seeded,
    promptTokens: prompt.tokens,
    cachedTokens,
  })
  const isFixed = planned.type === 'chunks' || planned.type === 'http'
  const misfit = isFixed ? faults.find(needsReply) : undefined
  if (misfit !== undefined)
    context.source.addProblem(`Fault '${misfit.kind}' of request ${request.index + 1} changes a reply, so it cannot be applied to exact chunks or a body.`)
  const { transmission, completionBody, outputTokens, reply } = encoded
  const served = { model, partition, prompt, cachedTokens, outputTokens, ttl: ttlOf(body), reply }
  return { transmission, completionBody, dialect, faults, delayMs: planned.delayMs, ...(transmission.status === 200 && { served }) }
}

/** How long the request asks its prompt to be kept. https://github.com/MoonshotAI/kimi-code/issues/3942 */
function ttlOf(body: JsonObject): string {
  const { ttl } = asObject(body['prompt_cache_options'])
  return typeof ttl === 'string' ? ttl : '5m'
}

function refusal(rejection: Rejection, dialect: Dialect): Omit<Routed, 'faults'> {
  return plain(jsonTransmission(dialect.error(rejection), rejection.status, rejection.headers), dialect)
}

function plain(transmission: Transmission, dialect: Dialect): Omit<Routed, 'faults'> {
  return { transmission, dialect, completionBody: undefined, delayMs: 0 }
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
