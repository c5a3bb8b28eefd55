import type { ToolDefinition } from '@capstan/core'

/** Tools of several sources, each under a name of its own. */
export class ToolCollection {
  readonly tools: ToolDefinition[] = []
  readonly #used = new Set<string>()
  readonly #seen = new Set<string>()
  readonly #byOriginal = new Map<string, Set<string>>()

  /**
   * Adds a tool, unless the source has one of this name and description already. Some sets hold a function in several versions: each further one gets a
   * number behind its name.
   */
  add(source: string, { name, description, inputSchema }: ToolDefinition): void {
    const key = JSON.stringify([source, name, description])
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    const unique = this.#uniqueName(name)
    this.tools.push({ name: unique, description, inputSchema })
    const original = `${source}/${name}`
    this.#byOriginal.set(original, (this.#byOriginal.get(original) ?? new Set()).add(unique))
  }

  /** All versions of a tool: each counts as the right one. */
  named(source: string, name: string): ReadonlySet<string> {
    return this.#byOriginal.get(`${source}/${name}`) ?? new Set()
  }

  #uniqueName(name: string): string {
    let unique = name
    for (let version = 2; this.#used.has(unique); version++) unique = `${name}_${version}`
    this.#used.add(unique)
    return unique
  }
}
