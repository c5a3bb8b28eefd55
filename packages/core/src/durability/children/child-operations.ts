import { AgentError } from '../../contract/errors.ts'
import type { RunEventBody } from '../../contract/events.ts'
import type { Json } from '../../contract/json.ts'
import type { AskOutcome, Operation, Operations, Outcome } from '../../contract/operations.ts'
import type { PendingQuestion, RunVersion } from '../../contract/result.ts'
import { type CallPosition, makeChildId, makeChildRunId, maxChildDepth } from '../operation-ids.ts'

/** The run, or the child, that children run under. */
export interface Parent {
  readonly operations: Operations
  /** Makes the public ids of questions, of the random value of the root. */
  readonly questionIds: { make(position: string, about: Json): string }
  /** Called with the outcomes of each round, before any child continues. */
  readonly onRound?: (outcomes: readonly Outcome<unknown>[]) => void
}

/** Of one child. */
export interface ChildOptions {
  /** The call of the parent that it answers. */
  readonly call: CallPosition
  /** Adds to a live event of the child where it comes from. */
  readonly locate: (event: RunEventBody) => RunEventBody
  /** Called when the child waits. */
  readonly onWait: () => void
}

/** What a child waits for, by the ids of its parent: operations, or else answers; neither when it waits for the other children. */
export interface Wish {
  readonly operations: readonly Operation<unknown>[]
  readonly questions: readonly PendingQuestion[]
}

interface Waiting extends Wish {
  readonly resolve: (outcomes: readonly unknown[]) => void
  readonly reject: (reason: unknown) => void
}

/**
 * The operations of one child: they wait until the rounds of the parent perform them. Ids, questions, idempotency keys and live events have
 * the path of the call that the child answers. To perform no operations is to wait until every other child waits or has ended.
 *
 * | state | `perform`, `ask` | `grant` | `close`, also at the end of the child |
 * |---|---|---|---|
 * | working | waiting, and `onWait` is called | | closed |
 * | waiting | rejects: one at a time | working | closed, and the child's wish rejects |
 * | closed | rejects with the reason | | |
 */
export class ChildOperations implements Operations {
  readonly runId: string
  readonly origin: NonNullable<Operations['origin']>
  /** 1 for a child of a run, 2 for a child of that child. */
  readonly depth: number
  readonly #parent: Parent
  readonly #options: ChildOptions
  #waiting: Waiting | undefined
  #closed: { readonly reason: unknown } | undefined

  /** @throws {RangeError} For a child that is nested deeper than `maxChildDepth`. */
  constructor(parent: Parent, options: ChildOptions) {
    this.depth = parent.operations instanceof ChildOperations ? parent.operations.depth + 1 : 1
    if (this.depth > maxChildDepth) throw new RangeError(`Children are nested at most ${maxChildDepth} deep.`)
    const { call } = options
    this.runId = makeChildRunId(parent.operations.runId, call)
    const { runId, path } = parent.operations.origin ?? { runId: parent.operations.runId, path: [] }
    this.origin = { runId, path: [...path, call] }
    this.#parent = parent
    this.#options = options
  }

  get version(): RunVersion {
    return this.#parent.operations.version
  }

  /** What the child waits for; `undefined` while it works and when it has ended. */
  get wish(): Wish | undefined {
    return this.#waiting
  }

  get isWorking(): boolean {
    return this.#waiting === undefined && this.#closed === undefined
  }

  async perform<Output>(operations: readonly Operation<Output>[]): Promise<readonly Outcome<Output>[]> {
    const { call, locate } = this.#options
    const moved = operations.map(
      (operation): Operation<unknown> => ({
        ...operation,
        id: makeChildId(call, operation.id),
        run: (context) => operation.run({ ...context, emit: (event) => context.emit(locate(event)) }),
      }),
    )
    // The outcomes of these very operations.
    return (await this.#wait({ operations: moved, questions: [] })) as readonly Outcome<Output>[]
  }

  async ask(questions: readonly PendingQuestion[]): Promise<readonly AskOutcome[]> {
    const moved = questions.map((question) => {
      const position = makeChildId(this.#options.call, question.position)
      return { ...question, position, id: this.#parent.questionIds.make(position, question.about) }
    })
    // The outcomes of these very questions.
    return (await this.#wait({ operations: [], questions: moved })) as readonly AskOutcome[]
  }

  /** Gives the child what it waits for. */
  grant(outcomes: readonly unknown[]): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve(outcomes)
  }

  /** Ends the child's part in the run: what it waits for, and what it asks for later, rejects. */
  close(reason: unknown): void {
    this.#closed ??= { reason }
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(reason)
  }

  #wait(wish: Wish): Promise<readonly unknown[]> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed.reason)
    if (this.#waiting !== undefined) return Promise.reject(new AgentError('A child waits for one batch at a time.', { code: 'internal', phase: 'loop' }))
    return new Promise((resolve, reject) => {
      this.#waiting = { ...wish, resolve, reject }
      this.#options.onWait()
    })
  }
}
