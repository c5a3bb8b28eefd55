import type { Json } from '../../contract/json.ts'
import { makeQuestionId } from '../../durability/question-ids.ts'

/** Makes the public ids of a run's questions from the random value that the run recorded when it began. */
export class QuestionIds {
  #random: string | undefined

  /** Takes the recorded value. A run of release 0.1.0 has none: its questions keep their positions as ids. */
  begin(random: string): void {
    this.#random = random
  }

  make(position: string, about: Json): string {
    return makeQuestionId({ random: this.#random, position, about })
  }
}
