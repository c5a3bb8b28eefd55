/** One exact replacement. */
export interface Replacement {
  readonly oldText: string
  readonly newText: string
}

/** The edited text, or why it was not edited. */
export type Edited =
  | { readonly ok: true; readonly text: string; readonly line: number; readonly oldLines: number; readonly newLines: number }
  | { readonly ok: false; readonly message: string }

const maxShownLines = 10

/**
 * Replaces a text that occurs exactly once. Line ends are compared without regard to their kind, because a model sees all of them as line
 * feeds; the new text gets the line ends of what it replaces, or those of the file.
 */
export function editText(file: string, { oldText, newText }: Replacement): Edited {
  const text = plainLines(file)
  const wanted = plainLines(oldText)
  if (wanted === plainLines(newText)) return { ok: false, message: 'old_text and new_text are equal, so there is nothing to change.' }
  const positions = positionsOf(text, wanted)
  const [position] = positions
  if (position === undefined) return { ok: false, message: missing(text, wanted) }
  if (positions.length > 1) return { ok: false, message: ambiguous(text, positions) }
  const start = positionInFile(file, position)
  const end = positionInFile(file, position + wanted.length)
  const lineEnd = lineEndAround(file, start, end)
  const replacement = plainLines(newText).replaceAll('\n', lineEnd)
  return {
    ok: true,
    text: file.slice(0, start) + replacement + file.slice(end),
    line: lineAt(text, position),
    oldLines: countLines(wanted),
    newLines: countLines(plainLines(newText)),
  }
}

function plainLines(text: string): string {
  return text.replaceAll('\r\n', '\n')
}

/** Where a text occurs, overlapping occurrences included: any of them could be meant. Stops when there are more than are shown. */
function positionsOf(text: string, wanted: string): readonly number[] {
  const positions: number[] = []
  for (let at = text.indexOf(wanted); at !== -1 && positions.length <= maxShownLines; at = text.indexOf(wanted, at + 1)) positions.push(at)
  return positions
}

/** Converts a position in the text with line feeds only to one in the file. */
function positionInFile(file: string, position: number): number {
  let shift = 0
  for (let at = file.indexOf('\r\n'); at !== -1 && at - shift < position; at = file.indexOf('\r\n', at + 2)) shift++
  return position + shift
}

function lineEndAround(file: string, start: number, end: number): string {
  const replaced = file.slice(start, end)
  if (replaced.includes('\n')) return replaced.includes('\r\n') ? '\r\n' : '\n'
  // Without a line end of its own, the text gets that of its line, or that of the line before.
  const next = file.indexOf('\n', end)
  const nearest = next === -1 ? file.lastIndexOf('\n', start - 1) : next
  return nearest > 0 && file[nearest - 1] === '\r' ? '\r\n' : '\n'
}

function lineAt(text: string, position: number): number {
  return countLines(text.slice(0, position))
}

function countLines(text: string): number {
  return text.split('\n').length
}

function missing(text: string, wanted: string): string {
  const loose = (written: string): string => written.replace(/\s+/g, ' ').trim()
  const differsInSpace = loose(wanted) !== '' && loose(text).includes(loose(wanted))
  return differsInSpace
    ? 'old_text does not occur in it, but a text that differs only in white space does. Copy the text exactly, with its indentation, as read_file shows it.'
    : 'old_text does not occur in it. Read it again, and copy the text exactly.'
}

function ambiguous(text: string, positions: readonly number[]): string {
  const lines = positions.slice(0, maxShownLines).map((position) => lineAt(text, position))
  const more = positions.length > maxShownLines ? ' and more' : ''
  return `old_text occurs more than once, at lines ${lines.join(', ')}${more}. Add lines before or after it, so that it occurs once.`
}
