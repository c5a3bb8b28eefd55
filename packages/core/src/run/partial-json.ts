import { type Json, setOwn } from '../contract/json.ts'
import { StringReader } from './string-reader.ts'

/** An object or a list that the reader is inside of. */
type Frame = { readonly list: Json[] } | { readonly object: Record<string, Json>; name: string }

/** What may come next; `nothing` after the end of the object, and after text that is not JSON. */
type Expected = 'top' | 'value' | 'item-or-end' | 'name-or-end' | 'name' | 'name-text' | 'colon' | 'comma-or-end' | 'text' | 'word' | 'nothing'

const code = { quote: 34, comma: 44, colon: 58, openList: 91, closeList: 93, openObject: 123, closeObject: 125 }
const words: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['true', true],
  ['false', false],
  ['null', null],
])
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * Reads the first JSON object of a text that comes in pieces. Its value grows in place, and each piece is read once, so the work is linear
 * in the length of the text. A string appears with its quotation mark and then grows; a number or a word appears once it is complete, and
 * so does a property, with the beginning of its value. From where the text is not JSON, the value stays as it is.
 */
export class PartialJson {
  #top: Record<string, Json> | undefined
  readonly #frames: Frame[] = []
  #expected: Expected = 'top'
  #string = new StringReader()
  #word = ''

  /** What the text holds so far; `undefined` before its first brace. It is one object, which changes. */
  get value(): Readonly<Record<string, Json>> | undefined {
    return this.#top
  }

  /**
   * Reads the next piece of the text.
   *
   * @returns True when the value changed.
   */
  push(piece: string): boolean {
    let isChanged = false
    for (let index = 0; index < piece.length && this.#expected !== 'nothing'; ) {
      const { end, changes } = this.#readPart(piece, index)
      index = end
      if (changes) isChanged = true
    }
    return isChanged
  }

  #readPart(piece: string, start: number): { readonly end: number; readonly changes: boolean } {
    switch (this.#expected) {
      case 'top': {
        const found = piece.indexOf('{', start)
        return found === -1 ? { end: piece.length, changes: false } : { end: found + 1, changes: this.#open(code.openObject) }
      }
      case 'name-text':
      case 'text':
        return this.#readString(piece, start)
      case 'word':
        return this.#readWord(piece, start)
      default:
        return { end: start + 1, changes: !isSpace(piece.charCodeAt(start)) && this.#readMark(piece.charCodeAt(start)) }
    }
  }

  /** @returns True when the value changed. */
  #readMark(mark: number): boolean {
    switch (this.#expected) {
      case 'colon':
        return this.#expect(mark === code.colon ? 'value' : 'nothing')
      case 'comma-or-end':
        return this.#readSeparator(mark)
      case 'name-or-end':
        return mark === code.closeObject ? this.#close() : this.#beginName(mark)
      case 'name':
        return this.#beginName(mark)
      case 'item-or-end':
        return mark === code.closeList ? this.#close() : this.#beginValue(mark)
      default:
        return this.#beginValue(mark)
    }
  }

  #beginName(mark: number): false {
    this.#string = new StringReader()
    return this.#expect(mark === code.quote ? 'name-text' : 'nothing')
  }

  #beginValue(mark: number): boolean {
    if (mark === code.openObject || mark === code.openList) return this.#open(mark)
    if (mark === code.quote) {
      this.#string = new StringReader()
      this.#add('')
      this.#expect('text')
      return true
    }
    this.#word = String.fromCharCode(mark)
    return this.#expect(isInWord(mark) ? 'word' : 'nothing')
  }

  #readSeparator(mark: number): boolean {
    const frame = this.#frames.at(-1)
    const isList = frame !== undefined && 'list' in frame
    if (mark === (isList ? code.closeList : code.closeObject)) return this.#close()
    if (mark !== code.comma) return this.#expect('nothing')
    return this.#expect(isList ? 'value' : 'name')
  }

  #open(mark: number): true {
    const frame: Frame = mark === code.openList ? { list: [] } : { object: {}, name: '' }
    if ('object' in frame && this.#expected === 'top') this.#top = frame.object
    else this.#add('list' in frame ? frame.list : frame.object)
    this.#frames.push(frame)
    this.#expect('list' in frame ? 'item-or-end' : 'name-or-end')
    return true
  }

  #close(): false {
    this.#frames.pop()
    return this.#expect(this.#frames.length === 0 ? 'nothing' : 'comma-or-end')
  }

  #readString(piece: string, start: number): { readonly end: number; readonly changes: boolean } {
    const isName = this.#expected === 'name-text'
    const { length } = this.#string.text
    const end = this.#string.read(piece, start)
    const { state, text } = this.#string
    if (state === 'broken') this.#expect('nothing')
    if (state === 'ended') this.#expect(isName ? 'colon' : 'comma-or-end')
    if (isName && state === 'ended') this.#nameNext(text)
    const changes = !isName && text.length > length
    if (changes) this.#replaceText(text)
    return { end, changes }
  }

  #readWord(piece: string, start: number): { readonly end: number; readonly changes: boolean } {
    let end = start
    while (end < piece.length && isInWord(piece.charCodeAt(end))) end++
    this.#word += piece.slice(start, end)
    if (end === piece.length) return { end, changes: false }
    const known = words.get(this.#word)
    const value = known === undefined && number.test(this.#word) ? Number(this.#word) : known
    this.#expect(value === undefined ? 'nothing' : 'comma-or-end')
    if (value !== undefined) this.#add(value)
    return { end, changes: value !== undefined }
  }

  #nameNext(name: string): void {
    const frame = this.#frames.at(-1)
    if (frame !== undefined && 'object' in frame) frame.name = name
  }

  /** Adds an item to the list, or the property whose name was read. A repeated name replaces its value, as for JSON.parse. */
  #add(value: Json): void {
    const frame = this.#frames.at(-1)
    if (frame === undefined) return
    if ('list' in frame) frame.list.push(value)
    else setOwn(frame.object, frame.name, value)
  }

  /** Replaces the string that was added last by what it is now. */
  #replaceText(text: string): void {
    const frame = this.#frames.at(-1)
    if (frame === undefined) return
    if ('list' in frame) frame.list[frame.list.length - 1] = text
    else setOwn(frame.object, frame.name, text)
  }

  #expect(expected: Expected): false {
    this.#expected = expected
    return false
  }
}

function isSpace(mark: number): boolean {
  return mark === 32 || mark === 9 || mark === 10 || mark === 13
}

/** Digits, letters, signs and points: what numbers and words consist of. */
function isInWord(mark: number): boolean {
  return (mark >= 48 && mark <= 57) || (mark >= 97 && mark <= 122) || (mark >= 65 && mark <= 90) || mark === 43 || mark === 45 || mark === 46
}
