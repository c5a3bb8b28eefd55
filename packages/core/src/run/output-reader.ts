import type { RunEvent } from '../contract/events.ts'
import type { Json } from '../contract/json.ts'
import { textOf, toolCallsOf } from '../contract/messages.ts'
import { outputToolName } from '../contract/output.ts'
import { wrapperName } from '../contract/output-form.ts'
import { bareToolName } from '../contract/tool.ts'
import type { LoopOutput } from '../loop/loop-agent.ts'
import { PartialJson } from './partial-json.ts'

/** Reads what a model has written of its output from the events of a run. Each request starts again. */
export class OutputReader {
  readonly #output: Pick<LoopOutput, 'mode' | 'form'>
  #json = new PartialJson()
  #hasText = false
  /** Position of the call that gives the output, in mode `tool`. */
  #callIndex: number | undefined

  constructor(output: Pick<LoopOutput, 'mode' | 'form'>) {
    this.#output = output
  }

  /** @returns The output so far, when the event changed it. */
  readonly read = (event: RunEvent): Json | undefined => {
    // What agents inside the run write is not its output.
    if (event.path !== undefined) return undefined
    if (event.type === 'step-start' || event.type === 'attempt') this.#restart()
    const text = this.#textIn(event)
    if (text === '') return undefined
    this.#hasText = true
    return this.#json.push(text) ? this.#value : undefined
  }

  get #value(): Json | undefined {
    const { value } = this.#json
    if (value === undefined || !this.#output.form.isWrapped) return value
    return Object.hasOwn(value, wrapperName) ? value[wrapperName] : undefined
  }

  #restart(): void {
    this.#json = new PartialJson()
    this.#hasText = false
    this.#callIndex = undefined
  }

  #textIn(event: RunEvent): string {
    switch (event.type) {
      case 'text-delta':
        return this.#output.mode === 'tool' ? '' : event.delta
      case 'tool-call-delta':
        if (this.#output.mode !== 'tool') return ''
        if (event.toolName !== undefined && bareToolName(event.toolName) === outputToolName) this.#callIndex ??= event.index
        return event.index === this.#callIndex ? event.delta : ''
      case 'message-end':
        // A message that is replayed has no deltas, and neither has a call that was found in the text of a message.
        return this.#hasText ? '' : this.#textOfMessage(event.message)
      default:
        return ''
    }
  }

  #textOfMessage(message: Parameters<typeof toolCallsOf>[0]): string {
    const calls = toolCallsOf(message)
    const given = calls.find(({ toolName }) => bareToolName(toolName) === outputToolName)
    return given?.inputText ?? (calls.length === 0 ? textOf(message) : '')
  }
}
