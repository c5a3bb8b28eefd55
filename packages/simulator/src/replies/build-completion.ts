import type { Choice, ChoiceLogprobs, Completion } from '../dialects/completion.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { makeLogprobs } from '../dialects/logprobs.ts'
import { asArray, asObject, type JsonObject } from '../json.ts'
import type { RawUsage } from '../options/options.ts'
import type { Seeded } from '../seeded.ts'
import { countTokens, tokenize } from '../tokens/tokenize.ts'
import { candidateTokens } from './count-output.ts'
import type { Candidate, Reply } from './reply.ts'

/** First value of `created`; it is one second later for each request. */
const FIRST_CREATED_SECONDS = 1_770_617_860

/** What a completion is made from, apart from the reply. */
export interface CompletionContext {
  readonly body: JsonObject
  readonly requestIndex: number
  readonly dialect: Dialect
  readonly seeded: Seeded
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly usage: RawUsage | null | undefined
}

/** Gives a reply its ids, usage, fingerprint and log probabilities. */
export function buildCompletion(reply: Reply, context: CompletionContext): Completion {
  const { body, dialect, seeded, requestIndex } = context
  const label = `request ${requestIndex}`
  return {
    id: dialect.completionId(seeded, label),
    createdSeconds: FIRST_CREATED_SECONDS + requestIndex,
    model: String(body['model']),
    fingerprint: dialect.fingerprint(seeded),
    choices: reply.candidates.map((candidate, index) => buildChoice(candidate, index, context)),
    usage: usageOf(reply.candidates, context),
    includeUsage: asObject(body['stream_options'])['include_usage'] === true,
  }
}

function buildChoice(candidate: Candidate, index: number, context: CompletionContext): Choice {
  const { body, dialect, seeded, requestIndex } = context
  const earlierCalls = asArray(body['messages']).reduce<number>((sum, message) => sum + asArray(asObject(message)['tool_calls']).length, 0)
  return {
    index,
    reasoning: candidate.reasoning,
    text: candidate.text,
    toolCalls: candidate.toolCalls.map((call, position) => ({
      index: call.index ?? position,
      id: call.id ?? dialect.toolCallId(seeded, { name: call.name, position, earlierCalls, label: `${requestIndex} ${index}` }),
      name: call.name,
      arguments: call.arguments,
    })),
    finishReason: candidate.finishReason,
    usage: usageOf([candidate], context),
    logprobs: logprobsOf(candidate, context),
  }
}

function usageOf(candidates: readonly Candidate[], context: CompletionContext): JsonObject | undefined {
  if (context.usage === null) return undefined
  const reasoning = candidates.map((candidate) => candidate.reasoning).filter((text) => text !== undefined)
  const counts = {
    prompt: context.promptTokens,
    cached: context.cachedTokens,
    completion: candidates.reduce((sum, candidate) => sum + candidateTokens(candidate), 0),
    reasoning: reasoning.length === 0 ? undefined : countTokens(reasoning.join('')),
  }
  return { ...context.dialect.usage(counts), ...context.usage }
}

function logprobsOf(candidate: Candidate, { body, seeded, requestIndex }: CompletionContext): ChoiceLogprobs | undefined {
  if (body['logprobs'] !== true) return undefined
  const top = typeof body['top_logprobs'] === 'number' ? body['top_logprobs'] : 0
  const label = String(requestIndex)
  return {
    reasoning: makeLogprobs(tokenize(candidate.reasoning ?? ''), { seeded, label: `${label} reasoning`, top }),
    text: makeLogprobs(tokenize(candidate.text), { seeded, label: `${label} text`, top }),
  }
}
