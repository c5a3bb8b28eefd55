import type { Json } from '../contract/json.ts'

const intervalMs = 100

/** The sink of the progress of one call. */
export interface ProgressSink {
  /** Shows a report. */
  readonly show: (data: Json) => void
  /** `undefined` while consumers keep up; else what to wait for before more is shown. */
  readonly room: () => Promise<void> | undefined
}

/**
 * Coalesces the progress of one call: the first report is shown at once, later ones at most every 100 ms and only while consumers keep
 * up, always the newest. A report is made JSON when it is shown. Nothing is shown after `close`, which shows the last report.
 */
export class ProgressReports {
  readonly #sink: ProgressSink
  #newest: { readonly data: Json } | undefined
  #timer: NodeJS.Timeout | undefined
  #isWaiting = false
  #isClosed = false

  constructor(sink: ProgressSink) {
    this.#sink = sink
  }

  readonly report = (data: Json): void => {
    if (this.#isClosed) return
    this.#newest = { data }
    if (!this.#isWaiting) this.#show()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#showNewest()
  }

  #show(): void {
    if (this.#newest === undefined || this.#isClosed) return
    const behind = this.#sink.room()
    this.#isWaiting = true
    if (behind !== undefined) return void behind.then(() => this.#showNext())
    this.#showNewest()
    this.#timer = setTimeout(() => this.#showNext(), intervalMs)
    this.#timer.unref()
  }

  #showNext(): void {
    this.#isWaiting = false
    this.#show()
  }

  #showNewest(): void {
    const report = this.#newest
    this.#newest = undefined
    const json = report && toJson(report.data)
    if (json !== undefined) this.#sink.show(json)
  }
}

/** Events are JSON, whatever a tool reports: what has no JSON form is dropped. */
function toJson(data: Json): Json | undefined {
  try {
    return JSON.parse(JSON.stringify(data)) as Json
  } catch {
    return undefined
  }
}
