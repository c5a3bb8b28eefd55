import type { ScriptedReply, SimulatedRequest } from 'capstan/testing'
import { textOf, type WorkStep } from './workload.ts'

/** Marks the message of the user by which a summary is asked for. */
const summaryRequest = /^Write a summary now/
const summaryTokens = 1_200
/** What takes the place of a cleared result, with its id where the model can read it again. */
const stub = /^\[(?:(r[\w.]+): )?[\d,]+ characters, cleared/

interface WireMessage {
  readonly role: string
  readonly content?: string | null
  readonly tool_call_id?: string
}

/**
 * A model that does the steps of a task, one call each. A step that needs an older result looks for it in its messages: it reads a cleared one with one
 * more step, and one that a summary replaced in half of the cases.
 */
export class ScriptedWork {
  readonly #steps: readonly WorkStep[]
  #done = 0
  /** Steps whose needs were seen to. */
  #prepared = -1
  #rereads = 0
  #summaries = 0

  constructor(steps: readonly WorkStep[]) {
    this.#steps = steps
  }

  get done(): number {
    return this.#done
  }

  /** Further steps for results that were cleared or replaced. */
  get rereads(): number {
    return this.#rereads
  }

  get summaries(): number {
    return this.#summaries
  }

  /** The reply to a request that the endpoint accepted. */
  respond({ body }: SimulatedRequest): ScriptedReply {
    // The body of a chat completion that the simulator has checked.
    const { messages } = body as unknown as { readonly messages: readonly WireMessage[] }
    const last = messages.at(-1)
    if (last?.role === 'user' && summaryRequest.test(last.content ?? '')) {
      this.#summaries++
      return { reasoning: textOf(200, this.#done), text: textOf(summaryTokens, this.#done) }
    }
    const step = this.#steps[this.#done]
    if (step === undefined) return { reasoning: 'Done.', text: 'All of it is done.' }
    const lost = this.#prepared === this.#done ? undefined : this.#lostResult(step, messages)
    this.#prepared = this.#done
    if (lost !== undefined) return this.#reread(step, lost)
    this.#done++
    return {
      reasoning: textOf(step.reasoningTokens, this.#done),
      toolCalls: [{ name: 'work', id: `call_${this.#done}`, input: { step: this.#done, note: textOf(step.argumentTokens, this.#done) } }],
    }
  }

  /** How to get a needed result back; `undefined` where it is not needed or still there. */
  #lostResult({ needs }: WorkStep, messages: readonly WireMessage[]): { readonly id: string } | { readonly step: number } | undefined {
    if (needs === undefined) return undefined
    const message = messages.find(({ tool_call_id }) => tool_call_id === `call_${needs + 1}`)
    if (message === undefined) return needs % 2 === 0 ? { step: needs + 1 } : undefined
    const cleared = stub.exec(message.content ?? '')
    if (cleared === null) return undefined
    return cleared[1] === undefined ? { step: needs + 1 } : { id: cleared[1] }
  }

  #reread({ reasoningTokens }: WorkStep, lost: { readonly id: string } | { readonly step: number }): ScriptedReply {
    this.#rereads++
    const call = 'id' in lost ? { name: 'read_result', input: { id: lost.id } } : { name: 'work', input: { step: lost.step, note: 'again' } }
    return { reasoning: textOf(Math.ceil(reasoningTokens / 4), this.#done), toolCalls: [{ ...call, id: `again_${this.#rereads}` }] }
  }
}
