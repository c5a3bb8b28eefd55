import { lastResultStep, makeResultId, parseResultId } from '../../artifacts/result-ids.ts'
import type { Message } from '../../contract/messages.ts'
import type { CallPosition } from '../../durability/operation-ids.ts'

/** Makes the ids of a run's results: they continue the numbers of its input, so an id is unique in its conversation. */
export class ResultIds {
  readonly #path: readonly CallPosition[]
  #before: number | undefined

  /** @param parent - Of a child: the id of the result that the child works for. */
  constructor(parent?: string) {
    const position = parent === undefined ? undefined : parseResultId(parent)
    this.#path = position === undefined ? [] : [...(position.path ?? []), { step: position.step, index: position.index }]
  }

  /** Takes the input. Results of a run that release 0.1.0 began have no ids: it is not called there. */
  begin(input: readonly Message[]): void {
    this.#before = lastResultStep(input, this.#path)
  }

  /** The id of a result by the position of its call in the run; `undefined` where results have none. */
  of({ step, index }: CallPosition): string | undefined {
    return this.#before === undefined ? undefined : makeResultId({ path: this.#path, step: this.#before + step, index })
  }
}
