import { isReservedName } from '../../contract/built-in-names.ts'

/** Which tools of a catalogue may be found and called in the current step: all of them, or those that `prepareStep` named. */
export class StepTools {
  #active: ReadonlySet<string> | undefined

  /** `undefined` for all. */
  get active(): ReadonlySet<string> | undefined {
    return this.#active
  }

  /** True for a tool that may be called. Those of the loop always may. */
  accepts(name: string): boolean {
    return this.#active === undefined || this.#active.has(name) || isReservedName(name)
  }

  /** @param names - What `prepareStep` named as `activeTools`. */
  begin(names: readonly string[] | undefined): void {
    this.#active = names && new Set(names)
  }
}
