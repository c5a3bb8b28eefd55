import type { Json, JsonObject } from './json.ts'
import { SchemaPosition, toPointer } from './schema-types.ts'
import { finishAtOnce, Slice, type Steps } from './turns.ts'

/** A value whose numbers are what was written; or a line for each number that JavaScript cannot hold. */
export type ExactJson = { readonly value: Json } | { readonly problems: readonly string[] }

/** What a model can do about the problems. */
export const stringAdvice = 'Send these numbers as strings with the same digits, such as "12345678901234567890", or send smaller numbers.'

/** A text of more characters than this is parsed in a turn of its own. */
const largeText = 100_000
const maxProblems = 20
const maxStrings = 10_000
const maxShownDigits = 400
const maxListDepth = 4
/** A double holds every decimal of up to 15 digits, within its range, and no more than 17 are needed to tell two doubles apart. */
const maxCertainDigits = 15
const maxDecimalDigits = 17
/** Finds texts in which a number may be written otherwise than JavaScript writes it: most have none, and are not read twice. */
const mayDiffer = /[\d.]{16}|\.\d*0(?!\d)|\d[eE]|-0|0\.0{6}/

/**
 * Parses JSON that a model wrote, without changing a number silently. A number becomes a string of exactly the same characters where
 * the schema takes a string and no number, or where it takes a string and a double would change the number. Any other number that a
 * double would change is a problem.
 *
 * @param position - What describes the value, or the schema of it.
 * @throws {SyntaxError} When the text is not JSON.
 */
export function parseExactly(text: string, position: JsonObject | SchemaPosition): ExactJson {
  return finishAtOnce(parseExactlyInSteps(text, position))
}

/** The same as `parseExactly`, for work that gives the event loop its turns. */
export function* parseExactlyInSteps(text: string, position: JsonObject | SchemaPosition): Steps<ExactJson> {
  // JSON.parse returns JSON.
  const value = JSON.parse(text) as Json
  if (text.length > largeText) yield
  if (!mayDiffer.test(text)) return { value }
  const reader = new NumberReader(text, position instanceof SchemaPosition ? position : new SchemaPosition(position))
  const { problems, strings } = yield* reader.read()
  if (problems.length > 0) return { problems }
  return { value: strings.reduce((whole, { path, text: number }) => replaceNumber(whole, path, number), value) }
}

type Path = readonly (string | number)[]

interface WrittenNumber {
  readonly path: Path
  readonly text: string
}

/** An object or a list that the reader is inside of. */
interface Frame {
  /** The name of the current property, or the index of the current item. */
  key: string | number
  readonly position: SchemaPosition
  /** True in an object where the next string is a name. */
  expectsName: boolean
}

/** Character codes of JSON. */
const code = { quote: 34, comma: 44, minus: 45, zero: 48, nine: 57, openList: 91, backslash: 92, closeList: 93, openObject: 123, closeObject: 125 }

/** Reads the numbers of a text that JSON.parse has accepted. */
class NumberReader {
  readonly #text: string
  readonly #top: SchemaPosition
  readonly #frames: Frame[] = []
  #frame: Frame | undefined
  readonly #problems: string[] = []
  /** By JSON pointer: where a name is repeated, the last value counts. */
  readonly #strings = new Map<string, WrittenNumber>()

  constructor(text: string, top: SchemaPosition) {
    this.#text = text
    this.#top = top
  }

  *read(): Steps<{ readonly problems: readonly string[]; readonly strings: readonly WrittenNumber[] }> {
    const { length } = this.#text
    const slice = new Slice()
    for (let index = 0; index < length && this.#problems.length < maxProblems && this.#strings.size <= maxStrings; ) {
      index = this.#readToken(index)
      if (slice.spend(1)) yield
    }
    if (this.#strings.size > maxStrings) this.#problems.push(`- more than ${maxStrings} numbers are where strings are expected`)
    return { problems: this.#problems, strings: [...this.#strings.values()] }
  }

  /** @returns The index after the token. */
  #readToken(index: number): number {
    const character = this.#text.charCodeAt(index)
    if (character === code.quote) return this.#readString(index)
    if (character === code.minus || (character >= code.zero && character <= code.nine)) return this.#readNumber(index)
    if (character === code.comma) this.#next()
    else if (character === code.openObject) this.#enter({ key: '', position: this.#position(), expectsName: true })
    else if (character === code.openList) this.#enter({ key: 0, position: this.#position(), expectsName: false })
    else if (character === code.closeObject || character === code.closeList) this.#exit()
    return index + 1
  }

  #enter(frame: Frame): void {
    this.#frames.push(frame)
    this.#frame = frame
  }

  #exit(): void {
    this.#frames.pop()
    this.#frame = this.#frames.at(-1)
  }

  #next(): void {
    const frame = this.#frame
    if (frame === undefined) return
    if (typeof frame.key === 'number') frame.key++
    else frame.expectsName = true
  }

  #readString(start: number): number {
    const end = endOfString(this.#text, start)
    if (this.#frame?.expectsName === true) {
      const name = this.#text.slice(start, end)
      // A string token of valid JSON is a string.
      this.#frame.key = name.includes('\\') ? (JSON.parse(name) as string) : name.slice(1, -1)
      this.#frame.expectsName = false
    }
    return end
  }

  #readNumber(start: number): number {
    const end = endOfNumber(this.#text, start)
    if (isPlainInteger(this.#text, start, end)) this.#forgetText()
    else this.#judge(this.#text.slice(start, end))
    return end
  }

  #judge(text: string): void {
    const position = this.#position()
    const isExact = holdsExactly(text)
    if (takesString(position) && !(isExact && (takesNumber(position) || String(Number(text)) === text))) this.#keepText(text)
    else if (!isExact) this.#problems.push(describeNumber(this.#path(), text))
    else this.#forgetText()
  }

  #keepText(text: string): void {
    const path = this.#path()
    this.#strings.set(toPointer(path), { path, text })
  }

  #forgetText(): void {
    if (this.#strings.size > 0) this.#strings.delete(toPointer(this.#path()))
  }

  #position(): SchemaPosition {
    const frame = this.#frame
    if (frame === undefined) return this.#top
    return typeof frame.key === 'number' ? frame.position.item(frame.key) : frame.position.property(frame.key)
  }

  #path(): Path {
    return this.#frames.map(({ key }) => key)
  }
}

function takesNumber({ types }: SchemaPosition): boolean {
  return types === undefined || types.has('number') || types.has('integer')
}

/** A single value is also taken where a list of such values is expected. */
function takesString(position: SchemaPosition, depth = 0): boolean {
  const { types } = position
  if (types === undefined || types.has('string')) return types !== undefined
  return types.has('array') && depth < maxListDepth && takesString(position.item(0), depth + 1)
}

/** The index after a string token of valid JSON that begins at `start`. */
export function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0
    while (text.charCodeAt(quote - 1 - slashes) === code.backslash) slashes++
    if (slashes % 2 === 0) return quote + 1
  }
  return text.length
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1
  // Digits, sign, point and exponent; in valid JSON none of them follows a number.
  for (let character = text.charCodeAt(end); isInNumber(character); character = text.charCodeAt(end)) end++
  return end
}

function isInNumber(character: number): boolean {
  return (character >= code.zero && character <= code.nine) || character === 46 || character === 69 || character === 101 || character === 43 || character === 45
}

/** True for integers that JavaScript writes in the same way, the common case. */
function isPlainInteger(text: string, start: number, end: number): boolean {
  if (end - start > maxCertainDigits || text.charCodeAt(start) === code.minus) return false
  for (let index = start; index < end; index++) {
    const character = text.charCodeAt(index)
    if (character < code.zero || character > code.nine) return false
  }
  return true
}

/** True when no digit of a JSON number changes when it becomes a double and is written again. */
function holdsExactly(text: string): boolean {
  if (text.length <= maxCertainDigits && !/[eE]/.test(text)) return true
  const value = Number(text)
  if (String(value) === text) return true
  if (!Number.isFinite(value)) return false
  const written = significand(text)
  if (written.digits === '' || value === 0) return written.digits === ''
  const held = significand(String(value))
  if (held.digits === written.digits && held.power === written.power) return true
  return written.power < 0 && written.digits.length <= maxDecimalDigits
}

/** The digits of a number without zeros at either end, and the power of ten that they are multiplied by. */
function significand(text: string): { readonly digits: string; readonly power: number } {
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE](.+))?$/.exec(text) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const kept = withoutFinalZeros(digits)
  return { digits: kept, power: Number(exponent) - fraction.length + digits.length - kept.length }
}

function withoutFinalZeros(digits: string): string {
  let end = digits.length
  while (digits[end - 1] === '0') end--
  return digits.slice(0, end)
}

function describeNumber(path: Path, text: string): string {
  const shown = text.length <= maxShownDigits ? text : `${text.slice(0, maxShownDigits)}… (${text.length} characters)`
  const value = Number(text)
  const problem = Number.isFinite(value) ? `cannot be held exactly; it would become ${value}` : 'is too large'
  return `- ${toPointer(path) || 'the value'}: the number ${shown} ${problem}`
}

/** Changes a value that JSON.parse has just made. A repeated name may have replaced what the path leads to. */
function replaceNumber(whole: Json, path: Path, text: string): Json {
  const key = path.at(-1)
  if (key === undefined) return text
  let parent: Json | undefined = whole
  for (const step of path.slice(0, -1)) parent = childOf(parent, step)
  if (Object.is(childOf(parent, key), Number(text))) Reflect.set(parent as object, key, text) // it has a child
  return whole
}

function childOf(value: Json | undefined, key: string | number): Json | undefined {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined
}
