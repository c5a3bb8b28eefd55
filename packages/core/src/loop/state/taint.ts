import type { Label } from '../../contract/flow.ts'
import { joinLabels, labelsOf, withLabels } from '../../contract/labels.ts'
import type { AssistantMessage, Message, ToolResultPart, ToolStatus } from '../../contract/messages.ts'

/** Something labelled that the run has read. */
export interface TaintSource {
  /** The id of a result, or `messages/0` for a message of the input. */
  readonly id: string
  /** The tool that returned it; absent for a message. */
  readonly toolName?: string
  readonly labels: readonly Label[]
}

const none: readonly TaintSource[] = []

/**
 * What the run has read that is untrusted or secret. It only grows: clearing results, summaries and pauses take nothing away. It follows from the
 * input and from labels that were recorded with results.
 */
export class Taint {
  readonly #parent: Taint | undefined
  #sources: TaintSource[] | undefined
  #labels: readonly Label[] = joinLabels()

  /** @param parent - Of an agent that answers a call: what the calling run has read may be in what it asks. */
  constructor(parent?: Taint) {
    this.#parent = parent
  }

  /** What the run has read, by label. */
  get labels(): readonly Label[] {
    return this.#parent === undefined ? this.#labels : joinLabels(this.#parent.labels, this.#labels)
  }

  /** In the order in which they were read. */
  get sources(): readonly TaintSource[] {
    const own = this.#sources ?? none
    return this.#parent === undefined ? own : [...this.#parent.sources, ...own]
  }

  has(label: Label): boolean {
    return this.#labels.includes(label) || this.#parent?.has(label) === true
  }

  /**
   * Takes the input.
   *
   * @param returnsOf - What a tool of the agent declares. It counts for results without labels, such as those of a conversation that was kept before
   * the tool declared it: a label is never taken off by it.
   */
  begin(input: readonly Message[], returnsOf: (toolName: string) => readonly Label[] | undefined): void {
    for (const [index, message] of input.entries()) {
      if (message.role === 'tool') this.take(message.content.map((part) => withDeclared(part, returnsOf)))
      else if (labelsOf(message).length > 0) this.#add({ id: `messages/${index}`, labels: labelsOf(message) })
    }
  }

  /** Takes the results of a step. */
  take(results: readonly ToolResultPart[]): void {
    for (const { id, toolCallId, toolName, labels = [] } of results) {
      if (labels.length > 0) this.#add({ id: id ?? toolCallId, toolName, labels })
    }
  }

  /** The message of the model with the labels of what it had read. */
  mark(message: AssistantMessage): AssistantMessage {
    return withLabels(message, this.labels)
  }

  #add(source: TaintSource): void {
    this.#sources ??= []
    this.#sources.push(source)
    this.#labels = joinLabels(this.#labels, source.labels)
  }
}

/** Statuses of calls that never ran: their texts are those of the loop. */
const neverRan: ReadonlySet<ToolStatus> = new Set(['denied', 'skipped', 'invalid-input', 'unknown-tool'])

function withDeclared(part: ToolResultPart, returnsOf: (toolName: string) => readonly Label[] | undefined): ToolResultPart {
  const returns = part.labels === undefined && !neverRan.has(part.status) ? returnsOf(part.toolName) : undefined
  return returns === undefined ? part : { ...part, labels: returns }
}
