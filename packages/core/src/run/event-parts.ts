import type { RunEvent } from '../contract/events.ts'

/** What a consumer wants of an event; `undefined` for nothing. */
type ReadEvent<Part> = (event: RunEvent) => Part | undefined

/**
 * What a function reads from the events of a run. Takes the one iterator of the run; ending the iteration early ends the run, even while
 * it waits for an event.
 *
 * @param open - Makes the function, when the first part is asked for.
 */
export function partsOf<Part>(run: AsyncIterable<RunEvent>, open: () => ReadEvent<Part> | Promise<ReadEvent<Part>>): AsyncIterable<Part> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<Part, undefined> {
      const events = run[Symbol.asyncIterator]()
      let read: ReadEvent<Part> | undefined
      const next = async (): Promise<IteratorResult<Part, undefined>> => {
        read ??= await open()
        for (;;) {
          const { value, done } = await events.next()
          if (done) return { value: undefined, done: true }
          const part = read(value)
          if (part !== undefined) return { value: part, done: false }
        }
      }
      const cancel = async (): Promise<IteratorResult<Part, undefined>> => {
        await events.return?.()
        return { value: undefined, done: true }
      }
      return { next, return: cancel }
    },
  }
}
