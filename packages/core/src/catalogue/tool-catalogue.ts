import { type RankTools, searchLimits, type ToolSource } from '../contract/catalogue.ts'
import type { ToolDefinition } from '../contract/model.ts'
import type { Tool } from '../contract/tool.ts'
import { nextTurn } from '../contract/turns.ts'
import type { ToolRanking } from './tool-ranking.ts'

/** Tools that are indexed before other work of the process has its turn: some milliseconds. */
const toolsInTurn = 50

/** What a catalogue is made of. */
export interface CatalogueOptions {
  /** Those that do not change, by name. */
  readonly tools: ReadonlyMap<string, Tool<never>>
  readonly sources?: readonly ToolSource<never>[]
  /** Instead of the ranking by words. */
  readonly rank?: RankTools | undefined
  /** True for a tool that may be offered. */
  readonly accepts?: (tool: Tool<never>) => boolean
}

/** How a catalogue is searched. */
export interface CatalogueSearch {
  readonly query: string
  /** Names of the tools that may be found; `undefined` for all. */
  readonly active?: ReadonlySet<string> | undefined
  readonly signal: AbortSignal
}

/** The tools as they are now. A new object when they change. */
interface Snapshot {
  /** What the sources gave: while each gives the same array, nothing has changed. */
  readonly lists: readonly (readonly Tool<never>[])[]
  readonly byName: ReadonlyMap<string, Tool<never>>
  readonly definitions: readonly ToolDefinition[]
}

/** All tools of an agent, and the search among them. The index is made by the first search. */
export class ToolCatalogue {
  readonly #options: CatalogueOptions
  #snapshot: Snapshot | undefined
  #index: { readonly of: Snapshot; readonly ranking: Promise<ToolRanking> } | undefined
  #chosen: { readonly of: Snapshot; readonly key: string; readonly definitions: readonly ToolDefinition[] } | undefined

  constructor(options: CatalogueOptions) {
    this.#options = options
  }

  /** The tool that has this name now. */
  find(name: string): Tool<never> | undefined {
    return this.#now().byName.get(name)
  }

  /** All tools, as they would be sent. The same array while they do not change. */
  get definitions(): readonly ToolDefinition[] {
    return this.#now().definitions
  }

  /**
   * Finds tools for a query, the best first, at most 10.
   *
   * @throws What the ranking of the caller throws.
   */
  async search({ query, active, signal }: CatalogueSearch): Promise<readonly Tool<never>[]> {
    const now = this.#now()
    const limit = searchLimits.names
    const { rank } = this.#options
    const names =
      rank === undefined
        ? (await this.#rankingOf(now)).search(query, limit, active).map(({ name }) => name)
        : await rank(query, this.#active(now, active), { limit, signal })
    const known = [...new Set(names)].filter((name) => active === undefined || active.has(name))
    return known.flatMap((name) => now.byName.get(name) ?? []).slice(0, limit)
  }

  #now(): Snapshot {
    const lists = (this.#options.sources ?? []).map((source, index) => listOf(source) ?? this.#snapshot?.lists[index] ?? [])
    const last = this.#snapshot
    if (last !== undefined && lists.every((list, index) => last.lists[index] === list)) return last
    const { tools, accepts = () => true } = this.#options
    const byName = new Map(tools)
    // Of two tools with one name the first counts: the tools that do not change, then the sources in their order.
    for (const tool of lists.flat()) if (!byName.has(tool.name) && accepts(tool)) byName.set(tool.name, tool)
    const definitions = Array.from(byName.values(), ({ name, description, inputSchema }) => ({ name, description, inputSchema }))
    this.#snapshot = { lists, byName, definitions }
    return this.#snapshot
  }

  /** The definitions of some tools: the same array for the same names, so that a ranking can keep an index of them. */
  #active(now: Snapshot, active: ReadonlySet<string> | undefined): readonly ToolDefinition[] {
    if (active === undefined) return now.definitions
    const key = JSON.stringify([...active])
    if (this.#chosen?.of !== now || this.#chosen.key !== key) {
      this.#chosen = { of: now, key, definitions: now.definitions.filter(({ name }) => active.has(name)) }
    }
    return this.#chosen.definitions
  }

  async #rankingOf(now: Snapshot): Promise<ToolRanking> {
    if (this.#index?.of !== now) this.#index = { of: now, ranking: indexInTurns(now.definitions) }
    return await this.#index.ranking
  }
}

async function indexInTurns(definitions: readonly ToolDefinition[]): Promise<ToolRanking> {
  const { ToolRanking } = await import('./tool-ranking.ts')
  const ranking = new ToolRanking()
  for (const [index, definition] of definitions.entries()) {
    if (index > 0 && index % toolsInTurn === 0) await nextTurn()
    ranking.add(definition)
  }
  return ranking
}

// A source that fails keeps the tools that it had.
function listOf(source: ToolSource<never>): readonly Tool<never>[] | undefined {
  try {
    const list: unknown = source.list()
    return Array.isArray(list) ? list : undefined
  } catch {
    return undefined
  }
}
