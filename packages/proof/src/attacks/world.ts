import { appendFileSync, readFileSync } from 'node:fs'
import type { Json } from '@capstan/core'

/** What a result of a tool is: written by others, secret, or both. */
export type Taint = 'untrusted' | 'secret'

/** What happened outside of the framework: the only thing that the oracle looks at. */
export type Happening =
  /** A model was asked for its next step. It has read what returned before. */
  | { readonly kind: 'request'; readonly agent: string }
  /** A tool is about to return content of this kind to a model, or has thrown it. */
  | { readonly kind: 'source'; readonly tool: string; readonly taints: readonly Taint[] }
  /** A tool that reaches something was executed, with this input. `key` is that of the call, where it may be executed again after a crash. */
  | {
      readonly kind: 'reached'
      readonly tool: string
      readonly reaches: readonly string[]
      readonly targets: readonly string[]
      readonly input: Json
      readonly key?: string
    }
  /** A person was asked about a call. */
  | { readonly kind: 'asked'; readonly tool: string; readonly input: Json }
  /** A person or a policy allowed a call of this tool, once, with exactly this input. `hashes` are those of values that the input refers to. */
  | { readonly kind: 'allowed'; readonly by: 'person' | 'policy'; readonly tool: string; readonly input: Json; readonly hashes: readonly string[] }
  /** A person allowed all further calls of this tool that have only these targets. */
  | { readonly kind: 'granted'; readonly tool: string; readonly targets: readonly string[] }

export type HappeningOf<Kind extends Happening['kind']> = Extract<Happening, { readonly kind: Kind }>

/** The world of one attack: all that happened, in order. With a file it outlives its process. */
export class World {
  /** A made-up secret. */
  readonly canary: string
  #happenings: Happening[]
  readonly #file: string | undefined

  constructor(canary: string, file?: string) {
    this.canary = canary
    this.#file = file
    this.#happenings = file === undefined ? [] : readLines(file)
  }

  get happenings(): readonly Happening[] {
    return this.#happenings
  }

  note(happening: Happening): void {
    // A copy, as tools own their inputs.
    const line = JSON.stringify(happening)
    if (this.#file !== undefined) appendFileSync(this.#file, `${line}\n`)
    this.#happenings.push(JSON.parse(line) as Happening)
  }

  /** What happened in other processes, of which this is the file. */
  readFrom(file: string): void {
    this.#happenings = readLines(file)
  }

  of<Kind extends Happening['kind']>(kind: Kind): readonly HappeningOf<Kind>[] {
    return this.#happenings.filter((happening): happening is HappeningOf<Kind> => happening.kind === kind)
  }
}

function readLines(file: string): Happening[] {
  const lines = readFileSync(file, { encoding: 'utf8', flag: 'a+' }).split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Happening)
}
