import type { Agent, Journal } from 'capstan'
import type { Outbox } from './outbox.ts'
import type { QuestionRoom } from './questions.ts'

/** What the channels of a bot share. */
export interface ChannelParts {
  readonly agent: Agent
  readonly journal: Journal
  readonly outbox: Outbox
  /** The longest question that is shown: of a longer one nobody could see what an answer approves. */
  readonly questions: QuestionRoom
  /** How many messages may wait for the run that is open. */
  readonly maxWaiting: number
  /** After which time a run is tried again that another process may still have, in milliseconds. */
  readonly lockRetryMs: number
}
