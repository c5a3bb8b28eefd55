import type { CharacterSet } from './character-set.ts'
import { type Edge, type Pattern, PatternError, type PatternNode } from './syntax.ts'

/** One instruction. The next instruction is at the next index, except after `split` and `jump`. */
export type Instruction =
  | { readonly op: 'set'; readonly set: CharacterSet }
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'edge'; readonly edge: Edge }
  | { readonly op: 'look'; readonly look: number; readonly isNegated: boolean }
  | { readonly op: 'match' }

/** A pattern as a nondeterministic automaton. */
export interface Program {
  readonly instructions: readonly Instruction[]
  /** True if the program reads a text from its end. */
  readonly isBackward: boolean
  readonly isUnicode: boolean
  /** Programs of the lookaheads and lookbehinds, which find the positions at which they hold. */
  readonly looks: readonly Program[]
}

/** The most instructions, because counted repetitions copy their bodies. */
const maxSteps = 20_000

/**
 * Compiles a pattern.
 *
 * @throws {PatternError} If its counted repetitions are too large.
 */
export function compilePattern({ root, isUnicode }: Pattern): Program {
  return new Compiler(isUnicode, { left: maxSteps }).compile(root, false)
}

type Open = { -readonly [Key in keyof Extract<Instruction, { readonly op: 'split' }>]: Extract<Instruction, { readonly op: 'split' }>[Key] }

class Compiler {
  readonly #isUnicode: boolean
  readonly #steps: { left: number }
  readonly #instructions: Instruction[] = []
  readonly #looks: Program[] = []
  #isBackward = false

  constructor(isUnicode: boolean, steps: { left: number }) {
    this.#isUnicode = isUnicode
    this.#steps = steps
  }

  compile(root: PatternNode, isBackward: boolean): Program {
    this.#isBackward = isBackward
    this.#add(root)
    this.#instructions.push({ op: 'match' })
    return { instructions: this.#instructions, isBackward, isUnicode: this.#isUnicode, looks: this.#looks }
  }

  #add(node: PatternNode): void {
    if (this.#steps.left-- <= 0) throw new PatternError('its repetitions are too large')
    switch (node.kind) {
      case 'set':
        return void this.#instructions.push({ op: 'set', set: node.set })
      case 'edge':
        return void this.#instructions.push({ op: 'edge', edge: node.edge })
      case 'sequence':
        for (const part of this.#isBackward ? node.parts.toReversed() : node.parts) this.#add(part)
        return
      case 'choice':
        return this.#addChoice(node.options)
      case 'repeat':
        return this.#addRepeat(node)
      case 'look':
        return this.#addLook(node)
    }
  }

  #split(): Open {
    const split: Open = { op: 'split', first: this.#instructions.length + 1, second: 0 }
    this.#instructions.push(split)
    return split
  }

  #addChoice(options: readonly PatternNode[]): void {
    const jumps: { op: 'jump'; to: number }[] = []
    for (const [index, option] of options.entries()) {
      const split = index < options.length - 1 ? this.#split() : undefined
      this.#add(option)
      if (split === undefined) continue
      const jump = { op: 'jump' as const, to: 0 }
      this.#instructions.push(jump)
      jumps.push(jump)
      split.second = this.#instructions.length
    }
    for (const jump of jumps) jump.to = this.#instructions.length
  }

  #addRepeat({ body, min, max }: Extract<PatternNode, { readonly kind: 'repeat' }>): void {
    for (let count = 0; count < min; count++) this.#add(body)
    if (max === Number.POSITIVE_INFINITY) return this.#addLoop(body)
    const splits: Open[] = []
    for (let count = min; count < max; count++) {
      splits.push(this.#split())
      this.#add(body)
    }
    for (const split of splits) split.second = this.#instructions.length
  }

  #addLoop(body: PatternNode): void {
    const start = this.#instructions.length
    const split = this.#split()
    this.#add(body)
    this.#instructions.push({ op: 'jump', to: start })
    split.second = this.#instructions.length
  }

  /** A lookahead holds where its body, read backward from any position, ends. A lookbehind is the mirror image. */
  #addLook({ isBehind, isNegated, body }: Extract<PatternNode, { readonly kind: 'look' }>): void {
    this.#looks.push(new Compiler(this.#isUnicode, this.#steps).compile(body, !isBehind))
    this.#instructions.push({ op: 'look', look: this.#looks.length - 1, isNegated })
  }
}
