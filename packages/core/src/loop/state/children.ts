import type { AgentError } from '../../contract/errors.ts'
import type { RunStatus, StopReason } from '../../contract/result.ts'

/** How a child ended. */
export interface ChildEnding {
  readonly status: RunStatus
  readonly stopReason: StopReason
  /** What broke it. */
  readonly error?: AgentError
}

/** A child that has begun. */
export interface KeptChild<Run> {
  readonly run: Run
  /** `undefined` until it ends. */
  readonly ending: ChildEnding | undefined
}

/** The answer of another agent, which is that of the run. */
export interface HandedOver {
  /** The name of the agent. */
  readonly agent: string
  readonly text: string
  /** The output as its model wrote it; the text where it has no `output`. */
  readonly outputText: string
}

const none: readonly never[] = []

/** The agents that answered calls of a run, in the order in which they began. `Run` is what the loop keeps of a run. */
export class Children<Run> {
  // Made when they are needed: most runs have no children, and many runs wait at the same time.
  #kept: { readonly run: Run; ending: ChildEnding | undefined }[] | undefined
  #counts: Map<string, number> | undefined
  #answer: HandedOver | undefined

  get all(): readonly KeptChild<Run>[] {
    return this.#kept ?? none
  }

  /** The answer of an agent that the run was handed over to. */
  get answer(): HandedOver | undefined {
    return this.#answer
  }

  /** Names the next call of a tool: `research#1` for the first. */
  nameNext(toolName: string): string {
    this.#counts ??= new Map()
    const count = (this.#counts.get(toolName) ?? 0) + 1
    this.#counts.set(toolName, count)
    return `${toolName}#${count}`
  }

  begin(run: Run): void {
    this.#kept ??= []
    this.#kept.push({ run, ending: undefined })
  }

  end(run: Run, ending: ChildEnding): void {
    const child = this.#kept?.find((kept) => kept.run === run)
    if (child !== undefined) child.ending = ending
  }

  /** Takes the answer of an agent as that of the run. */
  handOver(answer: HandedOver): void {
    this.#answer = answer
  }
}
