import type { RunEvent } from '../contract/events.ts'
import { textOf } from '../contract/messages.ts'
import { partsOf } from './event-parts.ts'

/**
 * The text of a run, without that of agents inside it; after a hand-over, the answer of the other agent. Where a broken reply may start
 * again, text comes when its message is complete, because a delta that was delivered cannot be taken back.
 */
export function textStreamOf(run: AsyncIterable<RunEvent>, mayRestart: boolean): AsyncIterable<string> {
  const textIn = (event: RunEvent): string => {
    if (event.path !== undefined) return ''
    if (event.type === 'run-end' && event.agent !== undefined) return event.text
    if (mayRestart) return event.type === 'message-end' ? textOf(event.message) : ''
    return event.type === 'text-delta' ? event.delta : ''
  }
  return partsOf(run, () => (event) => textIn(event) || undefined)
}
