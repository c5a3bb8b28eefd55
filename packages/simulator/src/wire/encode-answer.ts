import type { Answer } from '../answers/answer.ts'
import { buildCompletion, type CompletionContext } from '../answers/build-completion.ts'
import { limitCandidate } from '../answers/limit-candidate.ts'
import { mapCandidates } from '../answers/reply.ts'
import { applyReplyFaults } from '../faults/apply-faults.ts'
import type { Fault } from '../faults/fault.ts'
import type { Json } from '../json.ts'
import { jsonTransmission, streamTransmission, type Transmission, textTransmission } from './transmission.ts'

/** An answer in wire form. */
export interface EncodedAnswer {
  readonly transmission: Transmission
  /** The answer as one body; `undefined` when it is no completion. */
  readonly wholeBody: Json | undefined
}

/** Writes an answer for the family and the mode (stream or not) of the request. */
export function encodeAnswer(answer: Answer, faults: readonly Fault[], context: Omit<CompletionContext, 'usage'>): EncodedAnswer {
  const encoded = encodeContent(answer, faults, context)
  const { transmission } = encoded
  return { ...encoded, transmission: { ...transmission, headers: { ...transmission.headers, ...answer.headers } } }
}

function encodeContent(answer: Answer, faults: readonly Fault[], context: Omit<CompletionContext, 'usage'>): EncodedAnswer {
  switch (answer.type) {
    case 'chunks':
      return { transmission: streamTransmission(answer.chunks), wholeBody: undefined }
    case 'http':
      return { transmission: httpAnswer(answer.status, answer.body, context), wholeBody: undefined }
    case 'reply': {
      const limited = answer.exact ? answer.reply : mapCandidates(answer.reply, (candidate) => limitCandidate(candidate, context.body))
      const completion = buildCompletion(applyReplyFaults(limited, faults), { ...context, usage: answer.usage })
      const wholeBody = context.dialect.body(completion)
      const isStreamed = context.body['stream'] === true
      return {
        transmission: isStreamed ? streamTransmission(context.dialect.chunks(completion), context.dialect.comment) : jsonTransmission(wholeBody),
        wholeBody,
      }
    }
  }
}

function httpAnswer(status: number, body: Json | undefined, { dialect }: Pick<CompletionContext, 'dialect'>): Transmission {
  if (typeof body === 'string') return textTransmission(body, status, {})
  return jsonTransmission(body ?? dialect.error(dialect.statusRejection(status)), status)
}
