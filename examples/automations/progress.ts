import { shown } from './shown.ts'

/** An output for people, such as `process.stderr`. */
export interface ProgressOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Options of `Progress`. */
export interface ProgressOptions {
  readonly total: number
  /** Writes nothing but what `say` is given. */
  readonly quiet: boolean
  /** Terminals that cannot move the cursor (`TERM=dumb`) get plain lines, too. */
  readonly isDumb?: boolean
}

const redrawMs = 100
const barCharacters = 24

/** Shows how far a job is: a bar that is redrawn in place on a terminal, a plain line for each tenth in a pipe, and nothing when quiet. */
export class Progress {
  readonly #output: ProgressOutput
  readonly #options: ProgressOptions
  readonly #isBar: boolean
  #done = 0
  #details: readonly string[] = []
  #tenths = 0
  #timer: NodeJS.Timeout | undefined

  constructor(output: ProgressOutput, options: ProgressOptions) {
    this.#output = output
    this.#options = options
    this.#isBar = output.isTTY === true && options.isDumb !== true && !options.quiet
  }

  /** Shows a new state: `done` of the total, and short texts such as what was spent. */
  update(done: number, details: readonly string[]): void {
    this.#done = done
    this.#details = details
    if (this.#options.quiet) return
    // At most ten times a second: drawing must not slow the work down.
    if (this.#isBar) this.#timer ??= setTimeout(() => this.#draw(), redrawMs)
    else this.#writeTenth()
  }

  /** Writes a line that people must see, above the bar. */
  say(line: string): void {
    this.#output.write(`${this.#erase}${shown(line)}\n`)
    if (this.#timer !== undefined) this.#draw()
  }

  /** Removes the bar from the terminal. */
  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#output.write(this.#erase)
  }

  get #erase(): string {
    return this.#isBar ? '\r\u001b[K' : ''
  }

  #draw(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    // A line that fills the last column would wrap in some terminals, and the next one could not replace it. The width may change at any time.
    const columns = Math.max(20, this.#output.columns || 80) - 1
    this.#output.write(`${this.#erase}${progressLine(this.#done, this.#options.total, this.#details).slice(0, columns)}`)
  }

  #writeTenth(): void {
    const { total } = this.#options
    const tenths = total === 0 ? 10 : Math.floor((this.#done / total) * 10)
    if (tenths === this.#tenths) return
    this.#tenths = tenths
    this.#output.write(`${[`${this.#done} of ${total}`, ...this.#details].join(', ')}\n`)
  }
}

/** `[######------------------]  50/200  25%  2 failed`. */
export function progressLine(done: number, total: number, details: readonly string[]): string {
  const share = total === 0 ? 1 : done / total
  const filled = Math.floor(share * barCharacters)
  const count = `${String(done).padStart(String(total).length)}/${total}`
  return `[${'#'.repeat(filled)}${'-'.repeat(barCharacters - filled)}] ${count} ${String(Math.floor(share * 100)).padStart(3)}%  ${details.join('  ')}`
}
