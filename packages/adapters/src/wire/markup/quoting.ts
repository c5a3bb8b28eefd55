const quotationMarks = '"\'“‘«„'

/** Reads a text piece by piece and determines whether its end is quoted: in a fence, between backticks, or directly after a quotation mark. */
export class Quoting {
  /** The run of characters that began a fence. */
  #fence = ''
  /** Length of the run of backticks that began code within a line. */
  #inlineLength = 0
  /** Backticks or tildes that have come so far. */
  #run = ''
  #atLineStart = true
  #last = ''
  /** True from a quoted marker to the next blank line: the quotation continues that far. */
  #hasQuote = false

  /** Follows the next piece of the text. */
  follow(text: string): void {
    for (const character of text) this.#follow(character)
    this.#last = text.at(-1) ?? this.#last
  }

  /** Records a marker at the end of the text. When the marker is quoted, the quotation continues after it. */
  noteMarker(): { readonly isQuoted: boolean; readonly isAtLineStart: boolean } {
    this.#endRun('<')
    if (this.#last !== '' && quotationMarks.includes(this.#last)) this.#hasQuote = true
    return { isQuoted: this.#fence !== '' || this.#inlineLength > 0 || this.#hasQuote, isAtLineStart: this.#atLineStart }
  }

  #follow(character: string): void {
    if ((character === '`' || character === '~') && (this.#run === '' || this.#run.startsWith(character))) {
      this.#run += character
      return
    }
    this.#endRun(character)
    if (character === '\n') {
      if (this.#atLineStart) this.#hasQuote = false
      this.#atLineStart = true
      this.#inlineLength = 0
    } else if (character !== ' ' && character !== '\t') this.#atLineStart = false
  }

  #endRun(next: string): void {
    const run = this.#run
    if (run === '') return
    const isFence = run.length >= 3 && this.#atLineStart
    this.#run = ''
    this.#atLineStart = false
    if (this.#fence !== '') this.#fence = isFence && run.startsWith(this.#fence) && /\s/.test(next) ? '' : this.#fence
    else if (isFence) this.#fence = run
    else if (run.startsWith('`')) this.#inlineLength = inlineAfter(run.length, this.#inlineLength)
  }
}

/** Code within a line ends with as many backticks as it began with. */
function inlineAfter(runLength: number, openLength: number): number {
  if (openLength === 0) return runLength
  return openLength === runLength ? 0 : openLength
}
