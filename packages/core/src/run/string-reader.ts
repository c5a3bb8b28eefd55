const quote = 34
const backslash = 92
const escapes: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/**
 * Reads one JSON string that comes in pieces, after its first quotation mark. Each character is read once: nothing here looks into the text
 * that was joined before, because that would copy it.
 */
export class StringReader {
  #text = ''
  /** A high surrogate whose other half may still come. */
  #held = ''
  /** What was read of an escape, from its backslash on. */
  #escape = ''
  #state: 'open' | 'ended' | 'broken' = 'open'

  /** The text so far, without half a character at its end. */
  get text(): string {
    return this.#text
  }

  /** `broken` when the text cannot be a JSON string. */
  get state(): 'open' | 'ended' | 'broken' {
    return this.#state
  }

  /** @returns The index after what belongs to the string. */
  read(piece: string, start: number): number {
    let index = start
    while (index < piece.length && this.#state === 'open') {
      if (this.#escape !== '') {
        this.#readEscape(piece.charAt(index))
        index++
        continue
      }
      const from = index
      while (index < piece.length && isPlain(piece.charCodeAt(index))) index++
      this.#append(piece.slice(from, index))
      if (index < piece.length) this.#readMark(piece.charCodeAt(index++))
    }
    return index
  }

  #readMark(mark: number): void {
    if (mark === backslash) this.#escape = '\\'
    else if (mark === quote) this.#end()
    else this.#state = 'broken'
  }

  #readEscape(character: string): void {
    this.#escape += character
    if (this.#escape.length === 2 && character !== 'u') this.#endEscape(escapes[character])
    else if (this.#escape.length > 2 && !/[\da-fA-F]/.test(character)) this.#state = 'broken'
    else if (this.#escape.length === 6) this.#endEscape(String.fromCharCode(Number.parseInt(this.#escape.slice(2), 16)))
  }

  #endEscape(character: string | undefined): void {
    this.#escape = ''
    if (character === undefined) this.#state = 'broken'
    else this.#append(character)
  }

  #append(characters: string): void {
    if (characters === '') return
    const all = this.#held + characters
    const isHalf = isHighSurrogate(all.charCodeAt(all.length - 1))
    this.#held = isHalf ? all.slice(-1) : ''
    this.#text += isHalf ? all.slice(0, -1) : all
  }

  #end(): void {
    this.#text += this.#held
    this.#held = ''
    this.#state = 'ended'
  }
}

function isPlain(character: number): boolean {
  return character >= 32 && character !== quote && character !== backslash
}

function isHighSurrogate(character: number): boolean {
  return character >= 0xd800 && character <= 0xdbff
}
