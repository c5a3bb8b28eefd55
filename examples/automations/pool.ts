/** Whether an item may be started: now, when something in progress has ended, or not at all. */
export type Admission = 'start' | 'wait' | 'end'

/** Options of `runPool`. */
export interface PoolOptions<Item> {
  readonly concurrency: number
  /** Asked before each item. If it says `wait` while nothing is in progress, waiting is of no use, and the pool ends. */
  admit(item: Item): Admission
  /** Must not throw: the failure of one item is part of its result. */
  work(item: Item): Promise<void>
}

/** Works on items in their order, on several at the same time, until they are done or `admit` ends it. */
export async function runPool<Item>(items: Iterable<Item>, { concurrency, admit, work }: PoolOptions<Item>): Promise<void> {
  const running = new Set<Promise<void>>()
  const decide = (item: Item): Admission => (running.size < concurrency ? admit(item) : 'wait')
  for (const item of items) {
    let admission = decide(item)
    while (admission === 'wait' && running.size > 0) {
      await Promise.race(running)
      admission = decide(item)
    }
    if (admission !== 'start') break
    const job: Promise<void> = work(item).finally(() => running.delete(job))
    running.add(job)
  }
  await Promise.all(running)
}
