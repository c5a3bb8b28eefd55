import type { ModelRequest } from '../../contract/model.ts'

/** The history and the model that a limit was found for. */
interface Situation {
  readonly modelIndex: number
  /** Number of edits of the history. */
  readonly edits: number
}

/**
 * The output limit with which the requests of a run fit into the context window. It applies to the model that refused a request, until the
 * history is shortened.
 */
export class OutputLimit {
  #lowered: (Situation & { readonly tokens: number }) | undefined

  lower(tokens: number, situation: Situation): void {
    this.#lowered = { tokens, ...situation }
  }

  /** The request with the limit that applies to it. */
  applyTo(request: ModelRequest, { modelIndex, edits }: Situation): ModelRequest {
    const lowered = this.#lowered
    return lowered?.modelIndex === modelIndex && lowered.edits === edits ? { ...request, maxOutputTokens: lowered.tokens } : request
  }
}
