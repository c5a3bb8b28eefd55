import { asArray, type JsonObject } from '../json.ts'
import { tokenize } from '../tokens/tokenize.ts'
import { maxTokensOf } from '../validate/context.ts'
import type { Candidate } from './reply.ts'

/** Cuts a candidate at the stop strings and the output limit of the request. */
export function limitCandidate(candidate: Candidate, body: JsonObject): Candidate {
  return cutAtMaxTokens(cutAtStop(candidate, stopStrings(body)), maxTokensOf(body))
}

function stopStrings(body: JsonObject): readonly string[] {
  const stop = body['stop']
  const all = typeof stop === 'string' ? [stop] : asArray(stop)
  return all.flatMap((item) => (typeof item === 'string' && item !== '' ? [item] : []))
}

function cutAtStop(candidate: Candidate, stops: readonly string[]): Candidate {
  const positions = stops.map((stop) => candidate.text.indexOf(stop)).filter((position) => position !== -1)
  if (positions.length === 0) return candidate
  // The stop string itself is not part of the reply, and nothing follows it.
  return { ...candidate, text: candidate.text.slice(0, Math.min(...positions)), toolCalls: [], finishReason: 'stop' }
}

function cutAtMaxTokens(candidate: Candidate, maxTokens: number | undefined): Candidate {
  if (maxTokens === undefined) return candidate
  let left = maxTokens
  let cut = false
  const take = (text: string): string => {
    const pieces = tokenize(text)
    cut ||= pieces.length > left
    const kept = pieces.slice(0, left).join('')
    left = Math.max(0, left - pieces.length)
    return kept
  }
  const reasoning = candidate.reasoning === undefined ? undefined : take(candidate.reasoning)
  const text = take(candidate.text)
  const toolCalls = candidate.toolCalls.flatMap((call) => {
    if (left === 0 || cut) {
      cut = true
      return []
    }
    return [{ ...call, arguments: take(call.arguments) }]
  })
  return cut ? { reasoning, text, toolCalls, finishReason: 'length' } : candidate
}
