import type { Operations } from '../../contract/operations.ts'
import type { PendingQuestion } from '../../contract/result.ts'
import { type CallPosition, makeOperationId } from '../operation-ids.ts'
import { ChildOperations, type Parent, type Wish } from './child-operations.ts'

/** One child of a run. */
export interface Child<Result> {
  /** The call of the parent that it answers. No two children of a parent have the same. */
  readonly call: CallPosition
  /** What the child does. It waits for nothing but `perform` and `ask` of the operations that it is given. */
  readonly run: (operations: Operations) => Promise<Result>
}

/** How all children ended, in their order, or what people have to answer first. */
export type ChildrenEnd<Result> =
  | { readonly ends: readonly PromiseSettledResult<Result>[]; readonly pending?: undefined }
  | { readonly pending: readonly PendingQuestion[]; readonly ends?: undefined }

/** What a child that waits for people is rejected with: the run pauses, and its replay brings the child back to where it was. */
const paused = new Error('The run was paused.')

/**
 * Runs children side by side, in rounds: when every child waits or has ended, one `perform` of the parent runs the batches of all children, in
 * the order of the children. Nothing but microtasks runs between two rounds. So the operations of a run have one order whatever its
 * children take, which a host needs that numbers its operations, or refuses new ones before the recorded ones. People are asked when no
 * child has work left; unless all questions have an answer then, no child continues.
 *
 * A child that throws has ended, like one that returns. What `perform` or `ask` of the parent rejects with, such as an abort, ends all children.
 *
 * @throws {RangeError} For two children of one call, for children that are nested too deep, and in a run of release 0.1.0, which has none.
 */
export async function runChildren<Result>(parent: Parent, children: readonly Child<Result>[]): Promise<ChildrenEnd<Result>> {
  checkChildren(parent, children)
  return await new ChildRounds(parent, children).run()
}

function checkChildren({ operations }: Parent, children: readonly Child<unknown>[]): void {
  if (operations.version === 1) throw new RangeError('A run of release 0.1.0 has no children.')
  const calls = children.map(({ call: { step, index } }) => makeOperationId({ type: 'call', step, index, round: 0 }))
  if (new Set(calls).size < calls.length) throw new RangeError(`Two children answer one call: ${calls.join(', ')}.`)
}

/** A child that waits. */
type WaitingChild = readonly [operations: ChildOperations, wish: Wish]

class ChildRounds<Result> {
  readonly #parent: Parent
  readonly #children: readonly Child<Result>[]
  readonly #operations: readonly ChildOperations[]
  readonly #ends: PromiseSettledResult<Result>[] = []
  #noneWorks: () => void = () => {}

  constructor(parent: Parent, children: readonly Child<Result>[]) {
    this.#parent = parent
    this.#children = children
    this.#operations = children.map(({ call }) => new ChildOperations(parent, call, () => this.#checkWork()))
  }

  async run(): Promise<ChildrenEnd<Result>> {
    try {
      await this.#untilNoneWorks(() => {
        for (const [index, operations] of this.#operations.entries()) this.#start(index, operations)
      })
      return await this.#runRounds()
    } catch (reason) {
      this.#close(reason)
      throw reason
    }
  }

  async #runRounds(): Promise<ChildrenEnd<Result>> {
    const { operations } = this.#parent
    for (;;) {
      const waiting = this.#waiting()
      if (waiting.length === 0) return { ends: this.#ends }
      const working = waiting.filter(([, { questions }]) => questions.length === 0)
      if (working.length > 0) {
        await this.#grant(working, await operations.perform(working.flatMap(([, wish]) => wish.operations)))
        continue
      }
      const answers = await operations.ask(waiting.flatMap(([, wish]) => wish.questions))
      const pending = answers.flatMap((answer) => (answer.status === 'pending' ? [answer.question] : []))
      if (pending.length > 0) {
        this.#close(paused)
        return { pending }
      }
      await this.#grant(waiting, answers)
    }
  }

  #start(index: number, operations: ChildOperations): void {
    const end = (settled: PromiseSettledResult<Result>): void => {
      this.#ends[index] = settled
      operations.close(new Error('The child has ended.'))
      this.#checkWork()
    }
    // A child that throws at once ends like any other.
    const running = Promise.resolve(operations).then(this.#children[index]?.run)
    running.then(
      (value) => end({ status: 'fulfilled', value: value as Result }),
      (reason: unknown) => end({ status: 'rejected', reason }),
    )
  }

  /** Gives each child its part of the outcomes, and waits until each of them waits again or has ended. */
  async #grant(children: readonly WaitingChild[], outcomes: readonly unknown[]): Promise<void> {
    await this.#untilNoneWorks(() => {
      let next = 0
      for (const [child, { operations, questions }] of children) {
        const size = operations.length + questions.length
        child.grant(outcomes.slice(next, next + size))
        next += size
      }
    })
  }

  #waiting(): readonly WaitingChild[] {
    return this.#operations.flatMap((operations) => (operations.wish === undefined ? [] : [[operations, operations.wish] as const]))
  }

  #untilNoneWorks(begin: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#noneWorks = resolve
      begin()
      this.#checkWork()
    })
  }

  #checkWork(): void {
    if (!this.#operations.some(({ isWorking }) => isWorking)) this.#noneWorks()
  }

  #close(reason: unknown): void {
    for (const operations of this.#operations) operations.close(reason)
  }
}
