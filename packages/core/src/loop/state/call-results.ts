import type { ToolResultPart } from '../../contract/messages.ts'

/** The results of the calls of one step, as they come. */
export class CallResults {
  readonly #byIndex = new Map<number, ToolResultPart>()

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

  /** @param index - Position of the call in its message, from 0. */
  add(index: number, result: ToolResultPart): void {
    this.#byIndex.set(index, result)
  }
}
