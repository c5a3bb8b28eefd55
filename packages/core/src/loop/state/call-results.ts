import type { ToolResultPart } from '../../contract/messages.ts'
import type { HandedOver } from './children.ts'

/** The results of the calls of one step, as they come. */
export class CallResults {
  readonly #byIndex = new Map<number, ToolResultPart>()
  #finals: Map<number, HandedOver> | undefined

  /** The results so far, in call order. */
  get inOrder(): readonly ToolResultPart[] {
    return [...this.#byIndex].sort(([left], [right]) => left - right).map(([, result]) => result)
  }

  /** The position and name of a call that ended with `fatal`. */
  get fatal(): { readonly index: number; readonly toolName: string } | undefined {
    for (const [index, { status, toolName }] of this.#byIndex) {
      if (status === 'fatal') return { index, toolName }
    }
    return undefined
  }

  /** The first answer that ends the run: only when every call succeeded, as it was given before their results were known. */
  get handOver(): HandedOver | undefined {
    if (this.#finals === undefined) return undefined
    const [first] = [...this.#finals].sort(([left], [right]) => left - right)
    return this.inOrder.every(({ status }) => status === 'ok') ? first?.[1] : undefined
  }

  /** @param index - Position of the call in its message, from 0. */
  add(index: number, result: ToolResultPart): void {
    this.#byIndex.set(index, result)
  }

  /** Adds the answer of an agent that ends the run. */
  addFinal(index: number, answer: HandedOver): void {
    this.#finals ??= new Map()
    this.#finals.set(index, answer)
  }
}
