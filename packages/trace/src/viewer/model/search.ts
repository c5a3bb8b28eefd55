import { eventOf, type Row } from './row.ts'

/** Finds rows by a text, in any case: in names, inputs, outputs, replies, reasoning, errors and edits, and in the messages that a request added. */
export class Search {
  readonly #pattern: RegExp

  /** @param text - Not empty. */
  constructor(text: string) {
    this.#pattern = new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'iu')
  }

  matches(row: Row): boolean {
    if (this.#pattern.test(row.name)) return true
    // A step and a run have no text of their own: their children do.
    if (row.kind === 'step') return false
    return textsOf(row).some((text) => text !== undefined && this.#pattern.test(text))
  }
}

function textsOf(row: Row): readonly (string | undefined)[] {
  if (row.kind === 'tool') return [jsonText(row.input), eventOf(row, 'tool-end')?.text]
  if (row.kind === 'run') return [...row.events.map((event) => JSON.stringify(event)), jsonText(row.scope.input), row.scope.instructions]
  if (row.kind !== 'request') return [...row.events.map((event) => JSON.stringify(event)), jsonText(row.question)]
  return [...row.events.map(eventText), jsonText(row.exchange?.request?.added), row.exchange?.url, row.exchange?.error?.message]
}

function eventText(event: Row['events'][number]): string | undefined {
  if (event.type === 'message-end') return unescaped(JSON.stringify(event.message))
  return 'delta' in event ? event.delta : JSON.stringify(event)
}

function jsonText(value: unknown): string | undefined {
  return value === undefined ? undefined : unescaped(JSON.stringify(value))
}

/** A search for words over a quotation mark or line feed finds them, although JSON escapes them. */
function unescaped(json: string): string {
  return json.replaceAll('\\"', '"').replaceAll('\\n', '\n')
}
