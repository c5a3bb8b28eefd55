/** A line that begins with a mark, such as `  + `. */
export interface MarkedLine {
  readonly mark: string
  readonly text: string
}

/** Breaks a line into rows of a terminal. Text cannot look like a mark: continuations begin with a bar, and what a terminal obeys or hides is named. */
export function wrapLine({ mark, text }: MarkedLine, columns: number): readonly string[] {
  const rows: string[] = ['']
  let room = columns - mark.length
  for (const piece of pieces(text)) {
    const width = /^[ -~]+$/.test(piece) ? piece.length : 2
    if (width > room) {
      rows.push('')
      room = columns - mark.length - 2
    }
    rows[rows.length - 1] += piece
    room -= width
  }
  return rows.map((row, index) => (index === 0 ? `${mark}${row}` : `${mark.replaceAll(/\S/g, ' ')}| ${row}`))
}

/** The characters of a text: controls, invisible ones and blanks other than the space as `<U+001B>`. */
function pieces(text: string): readonly string[] {
  return [...text].map((character) => {
    if (!/[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(character) || character === ' ') return character
    return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`
  })
}
