import { commonEnd, commonStart } from './common-ends.ts'

/** Replaces secrets in a text; returns the same text where there are none. */
export type Redact = (text: string) => string

/** Members of the events of a stream whose values are pieces of one text: what the model says, thinks, and gives to tools. */
const piece = /"(content|reasoning_content|reasoning|thinking|text|arguments|partial_json)"\s*:\s*"((?:[^"\\]|\\.)*)"/g
const isStream = /(?:^|\n)data:/

interface Piece {
  readonly start: number
  readonly end: number
}

/**
 * Replaces secrets in the texts that a stream of events sends in pieces: a key that the model repeats comes in a dozen of them.
 *
 * @returns The same body where nothing had to be replaced. Otherwise what was replaced is in the first of its pieces.
 */
export function redactStream(body: string, redact: Redact): string {
  if (!isStream.test(body)) return body
  const texts = new Map<string, Piece[]>()
  for (const { 0: match, 1: name = '', 2: value = '', index } of body.matchAll(piece)) {
    const end = index + match.length - 1
    if (value === '') continue
    const pieces = texts.get(name)
    if (pieces === undefined) texts.set(name, [{ start: end - value.length, end }])
    else pieces.push({ start: end - value.length, end })
  }
  const changes = [...texts.values()].flatMap((pieces) => changesOf(body, pieces, redact))
  if (changes.length === 0) return body
  let [clean, from] = ['', 0]
  for (const { start, end, text } of changes.sort((left, right) => left.start - right.start)) {
    clean += body.slice(from, start) + text
    from = end
  }
  return clean + body.slice(from)
}

interface Change extends Piece {
  readonly text: string
}

/** What takes the place of pieces of a text, or of parts of them. */
function changesOf(body: string, pieces: readonly Piece[], redact: Redact): readonly Change[] {
  const text = pieces.map(({ start, end }) => body.slice(start, end)).join('')
  const clean = redact(text)
  if (clean === text) return []
  const first = commonStart(text, clean)
  const last = text.length - commonEnd(text, clean, first)
  const changes: Change[] = []
  let position = 0
  for (const { start, end } of pieces) {
    const [from, to] = [Math.max(first, position), Math.min(last, position + end - start)]
    const isFirst = changes.length === 0 && from <= to
    if (from < to || isFirst)
      changes.push({
        start: start + from - position,
        end: start + to - position,
        text: isFirst ? clean.slice(first, clean.length - (text.length - last)) : '',
      })
    position += end - start
  }
  return changes
}
