import { AgentError } from '../../contract/errors.ts'
import type { Json } from '../../contract/json.ts'
import type { AskOutcome, Operation, Operations, Outcome } from '../../contract/operations.ts'
import type { PendingQuestion, RunVersion } from '../../contract/result.ts'
import { type CallPosition, makeChildId, makeChildRunId, maxChildDepth } from '../operation-ids.ts'

/** The run, or the child, that children run under. */
export interface Parent {
  readonly operations: Operations
  /** Makes the public ids of questions, of the random value of the root. */
  readonly questionIds: { make(position: string, about: Json): string }
}

/** What a child waits for, by the ids of its parent: operations, or else answers. */
export interface Wish {
  readonly operations: readonly Operation<unknown>[]
  readonly questions: readonly PendingQuestion[]
}

interface Waiting extends Wish {
  readonly resolve: (outcomes: readonly unknown[]) => void
  readonly reject: (reason: unknown) => void
}

/**
 * The operations of one child: they wait until the rounds of the parent perform them. Ids, questions and idempotency keys have the path of
 * the call that the child answers.
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
  readonly #call: CallPosition
  readonly #onWait: () => void
  #waiting: Waiting | undefined
  #closed: { readonly reason: unknown } | undefined

  /** @throws {RangeError} For a child that is nested deeper than `maxChildDepth`. */
  constructor(parent: Parent, call: CallPosition, onWait: () => void) {
    this.depth = parent.operations instanceof ChildOperations ? parent.operations.depth + 1 : 1
    if (this.depth > maxChildDepth) throw new RangeError(`Children are nested at most ${maxChildDepth} deep.`)
    this.runId = makeChildRunId(parent.operations.runId, call)
    const { runId, path } = parent.operations.origin ?? { runId: parent.operations.runId, path: [] }
    this.origin = { runId, path: [...path, call] }
    this.#parent = parent
    this.#call = call
    this.#onWait = onWait
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
    const moved = operations.map(
      (operation): Operation<unknown> => ({
        ...operation,
        id: makeChildId(this.#call, operation.id),
        run: (context) => operation.run(context),
      }),
    )
    // The outcomes of these very operations.
    return (await this.#wait({ operations: moved, questions: [] })) as readonly Outcome<Output>[]
  }

  async ask(questions: readonly PendingQuestion[]): Promise<readonly AskOutcome[]> {
    const moved = questions.map((question) => {
      const position = makeChildId(this.#call, question.position)
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
      this.#onWait()
    })
  }
}
