/** Follows a text and knows whether its end stands in code: between fences or backticks, or just behind a quotation mark. */
export interface Quoting {
  /** Follows the text. */
  follow(text: string): void
  readonly isQuoted: boolean
}

const quotationMarks = '"\'“‘«„'

interface Place {
  /** The run that opened a fence. */
  fence: string
  /** Length of the run that opened code within a line. */
  inlineLength: number
  /** Backticks or tildes that have come so far. */
  run: string
  atLineStart: boolean
  last: string
  /** True behind a quoted marker, until a blank line: what is quoted goes on. */
  hasQuote: boolean
}

/** Starts at the beginning of a text. */
export function createQuoting(): Quoting {
  const place: Place = { fence: '', inlineLength: 0, run: '', atLineStart: true, last: '', hasQuote: false }
  return {
    follow: (text) => {
      for (const character of text) follow(place, character)
      place.last = text.at(-1) ?? place.last
    },
    get isQuoted() {
      endRun(place, '<')
      if (place.last !== '' && quotationMarks.includes(place.last)) place.hasQuote = true
      return place.fence !== '' || place.inlineLength > 0 || place.hasQuote
    },
  }
}

function follow(place: Place, character: string): void {
  if ((character === '`' || character === '~') && (place.run === '' || place.run.startsWith(character))) {
    place.run += character
    return
  }
  endRun(place, character)
  if (character === '\n') {
    if (place.atLineStart) place.hasQuote = false
    place.atLineStart = true
    place.inlineLength = 0
  } else if (character !== ' ' && character !== '\t') place.atLineStart = false
}

function endRun(place: Place, next: string): void {
  const { run, fence, atLineStart } = place
  if (run === '') return
  place.run = ''
  place.atLineStart = false
  const isFence = run.length >= 3 && atLineStart
  if (fence !== '') place.fence = isFence && run.startsWith(fence) && /\s/.test(next) ? '' : fence
  else if (isFence) place.fence = run
  else if (run.startsWith('`')) place.inlineLength = inlineAfter(run.length, place.inlineLength)
}

/** Code within a line ends with as many backticks as it began with. */
function inlineAfter(runLength: number, openLength: number): number {
  if (openLength === 0) return runLength
  return openLength === runLength ? 0 : openLength
}
