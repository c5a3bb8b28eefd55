import type { SeenEvent } from '../lines.ts'
import { eventOf, type Row } from './row.ts'

/** Finds rows by a text, in any case: in names, inputs, outputs, replies, reasoning, errors and edits, and in the messages that a request added. */
export class Search {
  readonly #pattern: RegExp
  /** Matches at least every JSON text in which `#pattern` matches a part. */
  readonly #rough: RegExp

  /** @param text - Not empty. */
  constructor(text: string) {
    this.#pattern = new RegExp(escaped(text), 'iu')
    this.#rough = new RegExp(text.split(mayBeEscaped).map(escaped).join('[^]{1,6}?'), 'iu')
  }

  matches(row: Row): boolean {
    if (this.#pattern.test(row.name)) return true
    // A step has no text of its own: its children do.
    if (row.kind === 'step') return false
    return this.#mayMatch(row) && textsOf(row).some((text) => text !== undefined && this.#pattern.test(text))
  }

  /** Looks through the recorded texts as they are, because to parse those of a long run takes much longer. */
  #mayMatch({ recorded, exchange, question, written, scope, kind }: Row): boolean {
    const others = [exchange, question, written, kind === 'run' ? [scope.input, scope.instructions] : undefined]
    if (others.some((value) => value !== undefined && this.#rough.test(JSON.stringify(value)))) return true
    // Another program may have written any character as an escape.
    return recorded.some(({ text }) => text === undefined || text.includes('\\u') || this.#rough.test(text))
  }
}

/** Characters that JSON writes in another form. */
const mayBeEscaped = /["\\/\p{Cc}\p{Cs}]/u

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function textsOf(row: Row): readonly (string | undefined)[] {
  if (row.kind === 'tool') return [jsonText(row.input), eventOf(row, 'tool-end')?.text]
  const events = row.recorded.map((each) => each.read())
  if (row.kind === 'run') return [...events.map((event) => JSON.stringify(event)), jsonText(row.scope.input), row.scope.instructions]
  if (row.kind !== 'request') return [...events.map((event) => JSON.stringify(event)), jsonText(row.question)]
  return [...events.map(eventText), jsonText(row.exchange?.request?.added), row.exchange?.url, row.exchange?.error?.message]
}

function eventText(event: SeenEvent): string | undefined {
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
