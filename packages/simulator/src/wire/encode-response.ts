import { applyReplyFaults } from '../faults/apply-faults.ts'
import type { Fault } from '../faults/fault.ts'
import type { Json } from '../json.ts'
import { buildCompletion, type CompletionContext } from '../replies/build-completion.ts'
import { payloadTokens, replyTokens } from '../replies/count-output.ts'
import { limitCandidate } from '../replies/limit-candidate.ts'
import type { PlannedResponse } from '../replies/planned-response.ts'
import { mapCandidates, type Reply } from '../replies/reply.ts'
import { jsonTransmission, streamTransmission, type Transmission, textTransmission } from './transmission.ts'

/** A response in wire form. */
export interface EncodedResponse {
  readonly transmission: Transmission
  /** The completion as one JSON body; `undefined` when the response is not a completion. */
  readonly completionBody: Json | undefined
  /** Tokens that the model generated. */
  readonly outputTokens: number
  /** The reply, where the response is made from one. */
  readonly reply?: Reply
}

/** Encodes a response for the family of the model and for the mode of the request: a stream or a JSON body. */
export function encodeResponse(planned: PlannedResponse, faults: readonly Fault[], context: Omit<CompletionContext, 'usage'>): EncodedResponse {
  const encoded = encodeContent(planned, faults, context)
  const { transmission } = encoded
  return { ...encoded, transmission: { ...transmission, headers: { ...transmission.headers, ...planned.headers } } }
}

function encodeContent(planned: PlannedResponse, faults: readonly Fault[], context: Omit<CompletionContext, 'usage'>): EncodedResponse {
  switch (planned.type) {
    case 'chunks':
      return { transmission: streamTransmission(planned.chunks), completionBody: undefined, outputTokens: payloadTokens(planned.chunks) }
    case 'http':
      return {
        transmission: httpResponse(planned.status, planned.body, context),
        completionBody: undefined,
        outputTokens: payloadTokens([planned.body ?? null]),
      }
    case 'refused': {
      const { rejection } = planned
      return {
        transmission: jsonTransmission(context.dialect.error(rejection), rejection.status, rejection.headers),
        completionBody: undefined,
        outputTokens: 0,
      }
    }
    case 'reply': {
      const limited = planned.exact ? planned.reply : mapCandidates(planned.reply, (candidate) => limitCandidate(candidate, context.body))
      const reply = applyReplyFaults(limited, faults)
      const completion = buildCompletion(reply, { ...context, usage: planned.usage })
      const completionBody = context.dialect.body(completion)
      const isStreamed = context.body['stream'] === true
      return {
        transmission: isStreamed ? streamTransmission(context.dialect.chunks(completion), context.dialect.comment) : jsonTransmission(completionBody),
        completionBody,
        outputTokens: replyTokens(reply),
        reply,
      }
    }
  }
}

function httpResponse(status: number, body: Json | undefined, { dialect }: Pick<CompletionContext, 'dialect'>): Transmission {
  if (typeof body === 'string') return textTransmission(body, status, {})
  return jsonTransmission(body ?? dialect.error(dialect.statusRejection(status)), status)
}
