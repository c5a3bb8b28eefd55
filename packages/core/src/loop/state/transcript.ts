import type { Json } from '../../contract/json.ts'
import type { Message, UserMessage } from '../../contract/messages.ts'
import type { RunStep } from '../../contract/result.ts'
import { countRepeat, noRepeats, type Repeats } from '../repeats.ts'

/** The messages of a run: input, complete steps, the output, and how often a request had to be repeated. */
export class Transcript {
  readonly #messages: Message[]
  readonly #steps: RunStep[] = []
  #repeats: Repeats = noRepeats
  #output: Json | undefined
  #emptyReplies = 0
  #cutReplies = 0
  #rejectedOutputs = 0

  constructor(input: readonly Message[]) {
    this.#messages = [...input]
  }

  /** Input and complete steps: always sendable. */
  get messages(): readonly Message[] {
    return this.#messages
  }

  get steps(): readonly RunStep[] {
    return this.#steps
  }

  /** The number of the current step, from 1. */
  get currentStep(): number {
    return this.#steps.length + 1
  }

  /** How often the last steps were exact repeats of each other. */
  get repeats(): Repeats {
    return this.#repeats
  }

  /** The output as JSON, once it fits its schema. */
  get output(): Json | undefined {
    return this.#output
  }

  get emptyReplies(): number {
    return this.#emptyReplies
  }

  /** Replies whose tool calls were cut. */
  get cutReplies(): number {
    return this.#cutReplies
  }

  /** Outputs that did not fit their schema. */
  get rejectedOutputs(): number {
    return this.#rejectedOutputs
  }

  /** Takes the input of a run that a journal keeps. */
  takeInput(input: readonly Message[]): void {
    if (this.#messages.length === 0) this.#messages.push(...input)
  }

  /** Adds a complete step: the message with the results of all its calls. */
  addStep(step: RunStep): void {
    this.#messages.push(step.message, ...step.toolResults.map((result) => ({ role: 'tool', content: [result] }) as const))
    this.#steps.push(step)
  }

  /** Adds a message of the loop to the model. */
  addNotice(message: UserMessage): void {
    this.#messages.push(message)
  }

  /**
   * Counts the calls of a step for the repeat guard.
   *
   * @param callsKey - The calls as `callsKey` makes them; `''` for calls that may repeat.
   */
  countCalls(callsKey: string, results: RunStep['toolResults']): void {
    this.#repeats = callsKey === '' ? noRepeats : countRepeat(this.#repeats, callsKey, results)
  }

  countEmptyReply(): void {
    this.#emptyReplies++
  }

  countCutReply(): void {
    this.#cutReplies++
  }

  countRejectedOutput(): void {
    this.#rejectedOutputs++
  }

  acceptOutput(output: Json): void {
    this.#output = output
  }
}
