import type { Steps } from '@capstan/core/internal'
import type { Work } from '../interpreter/work.ts'
import type { Instruction, Program } from './program.ts'
import type { Edge } from './syntax.ts'

/**
 * True if the pattern matches anywhere in a text. The time is linear in the text: the automaton is simulated in all its states at once,
 * without backtracking. Each lookahead and lookbehind is matched in one pass before.
 *
 * @see https://swtch.com/~rsc/regexp/regexp2.html
 */
export function* hasMatch(program: Program, text: string, work: Work): Steps<boolean> {
  const scan = new Scan(program, text, yield* lookTables(program, text, work))
  do {
    if (scan.isMatched) return true
    if (work.spend(scan.units)) yield
  } while (scan.next())
  return false
}

/** One table for each lookahead and lookbehind: 1 at the positions where its body matches. */
function* lookTables(program: Program, text: string, work: Work): Steps<readonly Uint8Array[]> {
  const tables: Uint8Array[] = []
  for (const look of program.looks) {
    const table = new Uint8Array(text.length + 1)
    const scan = new Scan(look, text, yield* lookTables(look, text, work))
    do {
      if (scan.isMatched) table[scan.position] = 1
      if (work.spend(scan.units)) yield
    } while (scan.next())
    tables.push(table)
  }
  return tables
}

/** The states of an automaton while it reads a text; a match may begin at every position. */
class Scan {
  readonly #program: Program
  readonly #text: string
  readonly #tables: readonly Uint8Array[]
  /** Instructions that read a character at this position. */
  #active: number[] = []
  /** Instructions that must still be followed at this position. */
  #waiting: number[] = []
  #units = 0
  /** For each instruction, the last visit in which it was seen. */
  readonly #seen: Int32Array
  #visit = 0
  #position: number
  #isMatched = false

  constructor(program: Program, text: string, tables: readonly Uint8Array[]) {
    this.#program = program
    this.#text = text
    this.#tables = tables
    this.#seen = new Int32Array(program.instructions.length)
    this.#position = program.isBackward ? text.length : 0
    this.#follow()
  }

  /** The current position between two characters of the text, in UTF-16 units. */
  get position(): number {
    return this.#position
  }

  get isMatched(): boolean {
    return this.#isMatched
  }

  /** The work that it took to reach this position. */
  get units(): number {
    return this.#units
  }

  /** Reads the next character. Returns false at the end of the text. */
  next(): boolean {
    const code = this.#nextCode()
    if (code === undefined) return false
    for (const index of this.#active) {
      const instruction = this.#program.instructions[index]
      if (instruction?.op === 'set' && instruction.set.has(code)) this.#waiting.push(index + 1)
    }
    this.#follow()
    return true
  }

  #nextCode(): number | undefined {
    const { isBackward, isUnicode } = this.#program
    const size = isUnicode && this.#isPair(isBackward ? this.#position - 2 : this.#position) ? 2 : 1
    const start = isBackward ? this.#position - size : this.#position
    const code = isUnicode ? this.#text.codePointAt(start) : this.#text.charCodeAt(start)
    if (start < 0 || start >= this.#text.length) return undefined
    this.#position += isBackward ? -size : size
    return code
  }

  #isPair(index: number): boolean {
    return index >= 0 && (this.#text.codePointAt(index) ?? 0) > 0xffff
  }

  /** Follows the instructions that read no character, from the reached ones and from the start of the program. */
  #follow(): void {
    this.#units = 1 + this.#active.length
    this.#visit++
    this.#active.length = 0
    this.#isMatched = false
    this.#waiting.push(0)
    for (let index = this.#waiting.pop(); index !== undefined; index = this.#waiting.pop()) {
      if (this.#seen[index] === this.#visit) continue
      this.#seen[index] = this.#visit
      this.#units++
      this.#enter(index)
    }
  }

  #enter(index: number): void {
    // Every index is that of an instruction; the last one is `match`.
    const instruction = this.#program.instructions[index] as Instruction
    switch (instruction.op) {
      case 'set':
        this.#active.push(index)
        return
      case 'match':
        this.#isMatched = true
        return
      case 'jump':
        this.#waiting.push(instruction.to)
        return
      case 'split':
        this.#waiting.push(instruction.first, instruction.second)
        return
      case 'edge':
        if (this.#holds(instruction.edge)) this.#waiting.push(index + 1)
        return
      case 'look':
        if ((this.#tables[instruction.look]?.[this.#position] === 1) !== instruction.isNegated) this.#waiting.push(index + 1)
    }
  }

  #holds(edge: Edge): boolean {
    const position = this.#position
    switch (edge) {
      case 'start':
        return position === 0
      case 'end':
        return position === this.#text.length
      case 'line-start':
        return position === 0 || isLineEnd(this.#text.charCodeAt(position - 1))
      case 'line-end':
        return position === this.#text.length || isLineEnd(this.#text.charCodeAt(position))
      case 'boundary':
        return this.#isWord(position - 1) !== this.#isWord(position)
      case 'no-boundary':
        return this.#isWord(position - 1) === this.#isWord(position)
    }
  }

  #isWord(index: number): boolean {
    return /\w/.test(this.#text.charAt(index))
  }
}

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x2028 || code === 0x2029
}
