import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { PageLine } from '../src/viewer/lines.ts'
import { isNotable, type Row } from '../src/viewer/model/row.ts'
import { RunModel } from '../src/viewer/model/run-model.ts'
import { makeScale, type Scale } from '../src/viewer/model/scale.ts'
import { Search } from '../src/viewer/model/search.ts'
import type { ConnectionState } from './event-stream.ts'
import { type Feed, findFeed, type RunListing } from './feed.ts'

export type Tab = 'main' | 'request' | 'wire' | 'events'

/** One axis for the run, or one for each step. */
type Axis = 'run' | 'step'

/** From so many rows on, the bars on the axis of the run are too short to be compared. */
const manyRows = 500

/** From so many lines at once on, and with so many rows, a file is read and not followed. */
const bulkLines = 50

/** How often the page is drawn while a file is read, in milliseconds. */
const bulkMs = 1_000

/** How often the list of a folder that is followed is read again, in milliseconds. */
const listAgainMs = 2_000

/** What is shown, and what the person chose. Components read the signals and call the methods. */
class Store {
  readonly feed: Feed = findFeed()
  readonly listing: Signal<RunListing | undefined> = signal(undefined)
  /** Why there is nothing to show. */
  readonly failure: Signal<string> = signal('')
  /** The run that is open; empty while the list is shown. */
  readonly openId: Signal<string> = signal('')
  readonly connection: Signal<'reading' | ConnectionState | 'ended'> = signal('reading')
  readonly selected: Signal<Row | undefined> = signal(undefined)
  /** True where the details lie over the list, on a narrow screen. */
  readonly isDetailOpen: Signal<boolean> = signal(false)
  readonly tab: Signal<Tab> = signal('main')
  readonly query: Signal<string> = signal('')
  readonly isNotableOnly: Signal<boolean> = signal(false)
  /** The axis that the person chose. */
  readonly #axis: Signal<Axis | undefined> = signal(undefined)
  readonly isHelpOpen: Signal<boolean> = signal(false)
  readonly #collapsed: Signal<ReadonlySet<number>> = signal(new Set())
  /** Counts the changes of the model, which is not a signal itself. */
  readonly #version: Signal<number> = signal(0)
  #model = new RunModel()
  #close: () => void = () => {}
  #drawing: ReturnType<typeof setTimeout> | undefined

  readonly matches: ReadonlySignal<ReadonlySet<Row> | undefined> = computed(() => {
    this.#version.value
    const [query, isNotableOnly] = [this.query.value.trim(), this.isNotableOnly.value]
    if (query === '' && !isNotableOnly) return undefined
    const search = query === '' ? undefined : new Search(query)
    return new Set(this.#model.rows.filter((row) => (!isNotableOnly || isNotable(row)) && (search?.matches(row) ?? true)))
  })

  readonly visible: ReadonlySignal<readonly Row[]> = computed(() => {
    this.#version.value
    const matches = this.matches.value
    const collapsed = this.#collapsed.value
    if (matches === undefined) return flatten(this.#model.roots, (row) => !collapsed.has(row.id))
    const kept = new Set<Row>()
    for (const match of matches) for (let row: Row | undefined = match; row !== undefined && !kept.has(row); row = row.parent) kept.add(row)
    return flatten(this.#model.roots, () => true).filter((row) => kept.has(row))
  })

  readonly scale: ReadonlySignal<Scale> = computed(() => {
    this.#version.value
    return makeScale(this.#model.rows, this.#model.lastAt ?? 0)
  })

  /** The model as it is now: a component that reads it is drawn again when it changes. */
  get model(): RunModel {
    this.#version.value
    return this.#model
  }

  readonly axis: ReadonlySignal<Axis> = computed(() => this.#axis.value ?? (this.model.rows.length > manyRows ? 'step' : 'run'))

  switchAxis(): void {
    this.#axis.value = this.axis.value === 'run' ? 'step' : 'run'
  }

  isCollapsed(row: Row): boolean {
    return this.#collapsed.value.has(row.id)
  }

  toggle(row: Row, isCollapsed: boolean = !this.#collapsed.value.has(row.id)): void {
    const next = new Set(this.#collapsed.value)
    if (isCollapsed) next.add(row.id)
    else next.delete(row.id)
    this.#collapsed.value = next
  }

  select(row: Row | undefined, { open = true }: { readonly open?: boolean } = {}): void {
    batch(() => {
      if (row?.kind !== this.selected.value?.kind) this.tab.value = 'main'
      this.selected.value = row
      if (open) this.isDetailOpen.value = row !== undefined
      for (let outer = row?.parent; outer !== undefined; outer = outer.parent) if (this.isCollapsed(outer)) this.toggle(outer, false)
    })
  }

  /** Selects the row some rows further down, among those that are shown and that `accept`. */
  move(by: number, accept: (row: Row) => boolean = () => true): void {
    const rows = this.visible.value
    const from = this.selected.value === undefined ? -1 : rows.indexOf(this.selected.value)
    const step = Math.sign(by)
    let [index, left] = [from, Math.abs(by)]
    for (let next = from + step; next >= 0 && next < rows.length && left > 0; next += step) {
      const row = rows[next]
      if (row !== undefined && accept(row)) [index, left] = [next, left - 1]
    }
    if (index !== from) this.select(rows[index], { open: false })
  }

  async load(): Promise<void> {
    try {
      this.listing.value = await this.feed.list()
      this.openFromHash()
      if (this.listing.value.setup.follow === true) this.#listAgain()
    } catch (error) {
      this.failure.value = error instanceof Error ? error.message : String(error)
    }
  }

  /** Looks for runs that began meanwhile, while the list is shown, or could be shown if there were more of them. */
  #listAgain(): void {
    setTimeout(() => void this.#lookAgain().finally(() => this.#listAgain()), listAgainMs)
  }

  async #lookAgain(): Promise<void> {
    const known = this.listing.value?.runs.length ?? 0
    if (this.openId.value !== '' && known > 1) return
    // Where the command does not answer, the list stays.
    const listing = await this.feed.list().catch(() => undefined)
    if (listing === undefined) return
    this.listing.value = listing
    if (known === 0) this.openFromHash()
  }

  /** Opens the run that the address names, or the only one; otherwise shows the list. */
  openFromHash(): void {
    const { runs = [] } = this.listing.value ?? {}
    // Not decoded: an id is the same in the address and in the list.
    const wanted = /^#run=(.*)$/.exec(location.hash)?.[1]
    const found = runs.find(({ id }) => id === wanted) ?? (runs.length === 1 ? runs[0] : undefined)
    this.open(found?.id ?? '')
  }

  /** Goes back to the list of runs. */
  leave(): void {
    location.hash = ''
  }

  open(id: string): void {
    this.#close()
    batch(() => {
      this.#model = new RunModel()
      this.#version.value += 1
      this.#collapsed.value = new Set()
      this.openId.value = id
      this.selected.value = undefined
      this.isDetailOpen.value = false
      this.connection.value = 'reading'
      this.query.value = ''
      this.isNotableOnly.value = false
    })
    if (id === '') return
    this.#close = this.feed.open(id, {
      onLines: (lines) => this.#receive(lines),
      onEnd: () => this.#end(),
      onState: (state) => {
        this.connection.value = state
      },
    })
  }

  /** Lines that come in quick succession are drawn together. While a long file is read, the page is drawn once a second. */
  #receive(lines: readonly PageLine[]): void {
    const isBulk = lines.length > bulkLines && this.#model.rows.length > bulkLines
    // At once: what is not kept of the lines must not grow old.
    this.#model.add(lines)
    this.#drawing ??= setTimeout(() => this.#draw(), isBulk ? bulkMs : 16)
  }

  #draw(): void {
    clearTimeout(this.#drawing)
    this.#drawing = undefined
    batch(() => {
      this.#version.value += 1
      this.selected.value ??= this.#model.roots[0]
    })
  }

  #end(): void {
    this.#draw()
    batch(() => {
      this.#model.end()
      this.connection.value = 'ended'
      this.#version.value += 1
    })
  }
}

/** The rows of a tree in the order of a list. */
function flatten(roots: readonly Row[], isOpen: (row: Row) => boolean): readonly Row[] {
  const rows: Row[] = []
  const stack = [...roots].reverse()
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    rows.push(row)
    if (!isOpen(row)) continue
    for (let index = row.children.length - 1; index >= 0; index -= 1) {
      const child = row.children[index]
      if (child !== undefined) stack.push(child)
    }
  }
  return rows
}

export const store: Store = new Store()
