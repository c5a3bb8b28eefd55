import type { EventLine, SeenEvent } from '../lines.ts'

/**
 * An event of a row. Of one with a text, only the text is kept until somebody looks at the event: 100,000 events that were parsed take more time
 * to be kept in memory than to be parsed.
 */
export class RecordedEvent {
  readonly type: SeenEvent['type']
  /** The JSON of its line, if it came as one. */
  readonly text: string | undefined
  #event: SeenEvent | undefined

  constructor({ event, text }: EventLine) {
    this.type = event.type
    this.text = text
    this.#event = text === undefined ? event : undefined
  }

  get event(): SeenEvent {
    this.#event ??= this.read()
    return this.#event
  }

  /** The event, without keeping it: for those who look at all events of a run. */
  read(): SeenEvent {
    // The text was parsed once before, when the line came.
    return this.#event ?? (JSON.parse(this.text ?? '') as EventLine).event
  }
}
