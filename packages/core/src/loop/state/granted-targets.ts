/** Destinations that a person approved for the rest of the run, for one tool each: `approve({ forTarget: true })`. */
export class GrantedTargets {
  readonly #parent: GrantedTargets | undefined
  #byTool: Map<string, Set<string>> | undefined

  /** @param parent - Of an agent that answers a call: what people approved in the calling run holds for it too. */
  constructor(parent?: GrantedTargets) {
    this.#parent = parent
  }

  has(toolName: string, target: string): boolean {
    return this.#byTool?.get(toolName)?.has(target) === true || this.#parent?.has(toolName, target) === true
  }

  grant(toolName: string, targets: readonly string[]): void {
    this.#byTool ??= new Map()
    const granted = this.#byTool.get(toolName) ?? new Set()
    for (const target of targets) granted.add(target)
    this.#byTool.set(toolName, granted)
  }
}
