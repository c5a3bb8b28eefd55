/** How a body became text. */
export interface DecodedText {
  readonly text: string
  /** The name of the encoding, in lower case. */
  readonly charset: string
}

/** What is known about a body. */
export interface CharsetHints {
  /** `charset` of the content type. */
  readonly declared?: string | undefined
  readonly isHtml: boolean
  /** True if the body is longer than these bytes. */
  readonly isCut: boolean
}

/** As far as browsers look for a declaration in the document. */
const scannedBytes = 1_024

/**
 * Decodes a body as browsers do: by its byte order mark, by the charset of the response, by the declaration in the document, else as UTF-8, and
 * where it is not valid UTF-8, as Windows-1252. Never fails: bytes that are not valid become U+FFFD.
 *
 * @see https://encoding.spec.whatwg.org/
 */
export function decodeText(bytes: Uint8Array, hints: CharsetHints): DecodedText {
  for (const label of [markOf(bytes), hints.declared, declarationIn(bytes, hints)]) {
    const decoder = label === undefined ? undefined : decoderOf(label)
    if (decoder !== undefined) return { text: decoder.decode(bytes), charset: decoder.encoding }
  }
  const text = utf8Of(bytes, hints)
  return text === undefined ? { text: new TextDecoder('windows-1252').decode(bytes), charset: 'windows-1252' } : { text, charset: 'utf-8' }
}

/** `undefined` for what is not valid UTF-8. */
function utf8Of(bytes: Uint8Array, { isCut }: CharsetHints): string | undefined {
  try {
    // A body that was cut can end in the middle of a character.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isCut })
  } catch {
    return undefined
  }
}

function markOf(bytes: Uint8Array): string | undefined {
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  return first === 0xff && second === 0xfe ? 'utf-16le' : undefined
}

/** `undefined` for a name that is unknown, or of an encoding that is not safe to read, such as UTF-7. */
function decoderOf(label: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(label)
  } catch {
    return undefined
  }
}

function declarationIn(bytes: Uint8Array, { isHtml }: CharsetHints): string | undefined {
  const start = Buffer.from(bytes.subarray(0, scannedBytes)).toString('latin1')
  const found = isHtml ? /<meta[^>]*?charset\s*=\s*["']?([\w.:-]+)/i.exec(start) : /^<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)/i.exec(start)
  const label = found?.[1]
  // The declaration itself was read as ASCII, so it cannot be UTF-16.
  return label !== undefined && /^utf-16/i.test(label) ? 'utf-8' : label
}
