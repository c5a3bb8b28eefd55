import type { RunEventBody } from '../../contract/events.ts'
import type { Operations } from '../../contract/operations.ts'
import type { PendingQuestion } from '../../contract/result.ts'
import { makeOperationId } from '../operation-ids.ts'
import { ChildOperations, type Parent, type Wish } from './child-operations.ts'
import { type ChildPlace, locateEvent } from './locate-event.ts'

/** One child of a run. No two children of a parent answer one call. */
export interface Child<Result> extends ChildPlace {
  /** Adds to an event of the child where it comes from. Default: `locateEvent`. */
  readonly locate?: (event: RunEventBody) => RunEventBody
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
 * the order of the children. Between two rounds the children continue one after the other, in their order, each until it waits again: nothing
 * that they share depends on how long one of them takes. So the operations of a run have one order whatever its children take, which a host
 * needs that numbers its operations, or refuses new ones before the recorded ones. People are asked when no child has work left; unless all
 * questions have an answer then, no child continues.
 *
 * A child that throws has ended, like one that returns. What `perform` or `ask` of the parent rejects with, such as an abort, ends all children.
 *
 * @param concurrency - At most this many children run at once; the next begins when one has ended.
 * @throws {RangeError} For two children of one call, for children that are nested too deep, and in a run of release 0.1.0, which has none.
 */
export async function runChildren<Result>(
  parent: Parent,
  children: readonly Child<Result>[],
  concurrency: number = Number.POSITIVE_INFINITY,
): Promise<ChildrenEnd<Result>> {
  checkChildren(parent, children)
  return await new ChildRounds(parent, children, concurrency).run()
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
  readonly #concurrency: number
  /** Of the children that have begun, in their order. */
  readonly #operations: ChildOperations[] = []
  readonly #ends: PromiseSettledResult<Result>[] = []
  #noneWorks: () => void = () => {}

  constructor(parent: Parent, children: readonly Child<Result>[], concurrency: number) {
    this.#parent = parent
    this.#children = children
    this.#concurrency = concurrency
  }

  async run(): Promise<ChildrenEnd<Result>> {
    try {
      return await this.#runRounds()
    } catch (reason) {
      this.#close(reason)
      throw reason
    }
  }

  async #runRounds(): Promise<ChildrenEnd<Result>> {
    const { operations, onRound } = this.#parent
    for (;;) {
      await this.#startChildren()
      const waiting = this.#waiting()
      if (waiting.length === 0) return { ends: this.#ends }
      const ready = waiting.filter(([, wish]) => wish.operations.length === 0 && wish.questions.length === 0)
      if (ready.length > 0) {
        // The other children of the parent have to wait, too.
        await operations.perform([])
        await this.#grant(ready, [])
        continue
      }
      const working = waiting.filter(([, { questions }]) => questions.length === 0)
      if (working.length > 0) {
        const outcomes = await operations.perform(working.flatMap(([, wish]) => wish.operations))
        onRound?.(outcomes)
        await this.#grant(working, outcomes)
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

  /** Starts children one after the other, as many as may run at once. */
  async #startChildren(): Promise<void> {
    while (this.#operations.length < this.#children.length && this.#waiting().length < this.#concurrency) {
      await this.#untilNoneWorks(() => this.#startNext())
    }
  }

  #startNext(): void {
    const index = this.#operations.length
    const child = this.#children[index]
    if (child === undefined) return
    const { call, locate = (event) => locateEvent(event, child) } = child
    const operations = new ChildOperations(this.#parent, { call, locate, onWait: () => this.#checkWork() })
    this.#operations.push(operations)
    const end = (settled: PromiseSettledResult<Result>): void => {
      this.#ends[index] = settled
      operations.close(new Error('The child has ended.'))
      this.#checkWork()
    }
    // A child that throws at once ends like any other.
    const running = Promise.resolve(operations).then(child.run)
    running.then(
      (value) => end({ status: 'fulfilled', value }),
      (reason: unknown) => end({ status: 'rejected', reason }),
    )
  }

  /** Gives each child its part of the outcomes, one after the other: the next continues when the one before waits again or has ended. */
  async #grant(children: readonly WaitingChild[], outcomes: readonly unknown[]): Promise<void> {
    let next = 0
    for (const [child, { operations, questions }] of children) {
      const size = operations.length + questions.length
      const granted = outcomes.slice(next, next + size)
      next += size
      await this.#untilNoneWorks(() => child.grant(granted))
    }
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
