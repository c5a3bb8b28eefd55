/** Follows a text and knows whether its end stands in code: between fences or backticks, or just behind a quotation mark. */
export interface Quoting {
  /** Follows the text. */
  follow(text: string): void
  readonly isQuoted: boolean
}

const quotationMarks = '"\'“‘«„'

/** Starts at the beginning of a text. */
export function createQuoting(): Quoting {
  let fence = ''
  let isInline = 0
  let run = ''
  let atLineStart = true
  let last = ''

  const endRun = (): void => {
    if (run === '') return
    const isFence = run.length >= 3 && atLineStart
    if (fence !== '') {
      if (isFence && run.startsWith(fence)) fence = ''
    } else if (isFence) fence = run
    else if (run.startsWith('`')) {
      if (isInline === 0) isInline = run.length
      else if (isInline === run.length) isInline = 0
    }
    atLineStart = false
    run = ''
  }

  const take = (character: string): void => {
    if ((character === '`' || character === '~') && (run === '' || run.startsWith(character))) {
      run += character
      return
    }
    endRun()
    if (character === '\n') {
      atLineStart = true
      isInline = 0
    } else if (character !== ' ' && character !== '\t') atLineStart = false
  }

  return {
    follow: (text) => {
      for (const character of text) take(character)
      last = text === '' ? last : (text.at(-1) ?? '')
    },
    get isQuoted() {
      endRun()
      return fence !== '' || isInline > 0 || (last !== '' && quotationMarks.includes(last))
    },
  }
}
