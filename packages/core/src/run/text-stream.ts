import type { RunEvent } from '../contract/events.ts'
import { textOf } from '../contract/messages.ts'

/**
 * The text of a run. Where a broken reply may start again, text comes when its message is complete, because a delta that was
 * delivered cannot be taken back.
 */
export function textStreamOf(run: AsyncIterable<RunEvent>, mayRestart: boolean): AsyncIterable<string> {
  const textIn = (event: RunEvent): string => {
    if (mayRestart) return event.type === 'message-end' ? textOf(event.message) : ''
    return event.type === 'text-delta' ? event.delta : ''
  }
  return {
    [Symbol.asyncIterator](): AsyncIterator<string, undefined> {
      const events = run[Symbol.asyncIterator]()
      const next = async (): Promise<IteratorResult<string, undefined>> => {
        for (;;) {
          const { value, done } = await events.next()
          if (done) return { value: undefined, done: true }
          const text = textIn(value)
          if (text !== '') return { value: text, done: false }
        }
      }
      const cancel = async (): Promise<IteratorResult<string, undefined>> => {
        await events.return?.()
        return { value: undefined, done: true }
      }
      return { next, return: cancel }
    },
  }
}
