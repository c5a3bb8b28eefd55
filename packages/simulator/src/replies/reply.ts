/** What the model says, before it has ids, usage and a wire form. */
export interface Reply {
  readonly candidates: readonly Candidate[]
}

/** One candidate of a reply. */
export interface Candidate {
  readonly reasoning: string | undefined
  readonly text: string
  readonly toolCalls: readonly ReplyToolCall[]
  /** Null: no finish reason is sent. */
  readonly finishReason: string | null
}

/** A tool call of a reply. An absent id or index is generated when it is encoded. */
export interface ReplyToolCall {
  readonly name: string
  /** Argument text, byte for byte. */
  readonly arguments: string
  readonly id?: string | undefined
  readonly index?: number | undefined
}

/** Changes every candidate of a reply. */
export function mapCandidates(reply: Reply, change: (candidate: Candidate) => Candidate): Reply {
  return { candidates: reply.candidates.map(change) }
}
