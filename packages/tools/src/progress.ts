import type { Json } from '@capstan/core'
import { capText } from './output/cap-text.ts'
import { serialise } from './output/serialise.ts'

const intervalMs = 100
const maxProgressBytes = 8_000

/** Progress of one call: what the tool may call, and what ends it. */
export interface ProgressReports {
  readonly report: (data: Json) => void
  /** Delivers the last report that was held back; later ones are ignored. */
  close(): void
}

/**
 * Coalesces the progress of a call: the first report goes out at once, later ones at most every 100 ms, the newest only.
 * What a listener throws is contained; what is no JSON is made JSON.
 */
export function coalesceProgress(deliver: (data: Json) => void): ProgressReports {
  let latest: { readonly data: Json } | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  const flush = (): void => {
    const report = latest
    latest = undefined
    timer = undefined
    if (report === undefined) return
    timer = setTimeout(flush, intervalMs)
    timer.unref()
    deliverSafely(deliver, report.data)
  }
  return {
    report(data) {
      if (isClosed) return
      latest = { data }
      if (timer === undefined) flush()
    },
    close() {
      if (isClosed) return
      isClosed = true
      clearTimeout(timer)
      if (latest !== undefined) deliverSafely(deliver, latest.data)
      latest = undefined
    },
  }
}

function deliverSafely(deliver: (data: Json) => void, data: Json): void {
  try {
    deliver(toJson(data))
  } catch {
    // A listener's defect is not the tool's.
  }
}

function toJson(data: Json): Json {
  const { text } = serialise(data, { maxBytes: maxProgressBytes })
  return text.length <= maxProgressBytes ? JSON.parse(text) : capText(text, maxProgressBytes)
}
