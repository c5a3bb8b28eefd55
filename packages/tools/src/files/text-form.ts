const byteOrderMark = '\uFEFF'

/** How the bytes of a text file are formed, apart from its characters. */
export interface TextForm {
  readonly hasByteOrderMark: boolean
  /** `mixed` where both occur, `none` in a file of one line. */
  readonly lineEnds: '\n' | '\r\n' | 'mixed' | 'none'
}

/** A text and its form. */
export interface FormedText {
  /** Without byte order mark, with the line ends of the file. */
  readonly text: string
  readonly form: TextForm
}

/** Reads a text file; `undefined` if it is not text in UTF-8. */
export function decodeText(bytes: Buffer): FormedText | undefined {
  if (bytes.includes(0)) return undefined
  let decoded: string
  try {
    decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
  const hasByteOrderMark = decoded.startsWith(byteOrderMark)
  const text = hasByteOrderMark ? decoded.slice(1) : decoded
  return { text, form: { hasByteOrderMark, lineEnds: lineEndsOf(text) } }
}

/** Writes a text in a form. Line ends are not changed. */
export function encodeText(text: string, { hasByteOrderMark }: Pick<TextForm, 'hasByteOrderMark'>): Buffer {
  return Buffer.from(hasByteOrderMark && !text.startsWith(byteOrderMark) ? byteOrderMark + text : text)
}

/** A text with the line ends of a form, where the form has one kind and the text has only line feeds. */
export function withLineEnds(text: string, { lineEnds }: Pick<TextForm, 'lineEnds'>): string {
  return lineEnds === '\r\n' && !text.includes('\r') ? text.replaceAll('\n', '\r\n') : text
}

function lineEndsOf(text: string): TextForm['lineEnds'] {
  const both = text.split('\n').length - 1
  const pairs = text.split('\r\n').length - 1
  if (both === 0) return 'none'
  if (pairs === 0) return '\n'
  return pairs === both ? '\r\n' : 'mixed'
}
