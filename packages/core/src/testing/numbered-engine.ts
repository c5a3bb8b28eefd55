import { approve } from '../contract/answers.ts'
import type { Json } from '../contract/json.ts'
import type { PendingQuestion } from '../contract/result.ts'
import { decideOn } from '../durability/decisions.ts'
import type { Engine, EngineStep } from '../durability/hosts/engine.ts'

/** One step that an engine has recorded; without a value it has begun. */
export interface RecordedStep {
  readonly name: string
  value?: Json
}

/** An engine like the real ones: it numbers its steps, compares their names, and crashes on demand. */
export class NumberedEngine implements Engine {
  readonly scope = {}
  readonly recorded: RecordedStep[]
  readonly asked: string[] = []
  #next = 0
  #left: number

  /** @param crashAfter - How many values it records before its process dies. */
  constructor(recorded: RecordedStep[] = [], crashAfter = Number.POSITIVE_INFINITY) {
    this.recorded = recorded
    this.#left = crashAfter
  }

  steps(steps: readonly EngineStep[]): Promise<readonly Json[]> {
    return Promise.all(steps.map((step) => this.#step(step)))
  }

  async decisions(questions: readonly PendingQuestion[]) {
    this.asked.push(...questions.map(({ position }) => position))
    const answers = Object.fromEntries(questions.map(({ id, position }) => [id, position.includes('outcome') ? { output: 'pay done' } : approve()]))
    return decideOn({ questions, decided: [], answers })
  }

  async #step({ name, run }: EngineStep): Promise<Json> {
    const number = this.#next++
    this.recorded[number] ??= { name }
    const record = this.recorded[number]
    if (record.name !== name) throw new Error(`Step ${number} was '${record.name}' and is '${name}'.`)
    if (record.value !== undefined) return record.value
    const value = JSON.parse(JSON.stringify(await run())) as Json
    if (this.#left-- <= 0) return await new Promise(() => {})
    record.value = value
    return value
  }
}
