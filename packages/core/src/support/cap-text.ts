const noteBytes = 160
/** Bytes of the line about what was left out, without its remark: the numbers of a text of any size that a process can hold. */
const countsBytes = 80
const headShare = 0.7
const loneSurrogate = /\p{Surrogate}/gu

/** The beginning and the end of a text that may be much longer than both. */
export interface TextEnds {
  /** The beginning of the text, or the complete text if its length equals `size`. */
  readonly head: string
  readonly tail: string
  /** Size of the complete text, or of what was read of it. */
  readonly size: number
  /** What `size` counts. Default: `characters`, which are UTF-16 units. */
  readonly unit?: 'characters' | 'bytes'
  /** A remark on a text that was not read to its end. */
  readonly note?: string
}

/** Replaces lone surrogates by U+FFFD, so that the text has a UTF-8 form. */
export function toWellFormed(text: string): string {
  return text.replace(loneSurrogate, '\uFFFD')
}

/**
 * Limits a text to a number of bytes of UTF-8. A longer text keeps its head and its tail, and a line between them says how much was left
 * out. Never splits a character. The work depends on the cap, not on the length of the text.
 *
 * @param remark - Added to the line about what was left out.
 */
export function capText(text: string, maxBytes: number, remark?: string): string {
  if (fitsIn(text, maxBytes)) return toWellFormed(text)
  const note = remark === undefined ? {} : { note: remark }
  return capEnds({ head: text.slice(0, maxBytes), tail: text.slice(-maxBytes), size: text.length, ...note }, maxBytes)
}

/** True for a text of at most so many bytes of UTF-8. */
export function fitsIn(text: string, maxBytes: number): boolean {
  return text.length <= maxBytes && Buffer.byteLength(text) <= maxBytes
}

/** Like `capText`, for a text of which only the ends are in memory; each end must be the complete text or at least `maxBytes` long. */
export function capEnds(ends: TextEnds, maxBytes: number): string {
  const unit = ends.unit ?? 'characters'
  const measure = unit === 'bytes' ? (text: string): number => Buffer.byteLength(text) : (text: string): number => text.length
  const isWhole = ends.note === undefined && measure(ends.head) >= ends.size
  if (isWhole && Buffer.byteLength(ends.head) <= maxBytes) return toWellFormed(ends.head)
  const budget = Math.max(0, maxBytes - Math.max(noteBytes, countsBytes + Buffer.byteLength(ends.note ?? '')))
  const headBytes = Math.floor(budget * headShare)
  const head = keepStart(ends.head, headBytes)
  const tail = keepEnd(ends.tail, Math.min(budget - headBytes, Math.max(0, ends.size - measure(head))))
  const left = Math.max(0, ends.size - measure(head) - measure(tail))
  const note = `[… ${formatCount(left)} of ${formatCount(ends.size)} ${unit} left out${ends.note === undefined ? '' : `; ${ends.note}`} …]`
  return `${toWellFormed(head)}\n${note}\n${toWellFormed(tail)}`
}

/** Formats a count with thousands separators, the same on every machine. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

function keepStart(text: string, maxBytes: number): string {
  const start = text.slice(0, maxBytes)
  let length = start.length
  for (let excess = Buffer.byteLength(start) - maxBytes; excess > 0; excess = Buffer.byteLength(start.slice(0, length)) - maxBytes) {
    length -= Math.ceil(excess / 3)
  }
  return isHighSurrogate(start.charCodeAt(length - 1)) ? start.slice(0, length - 1) : start.slice(0, length)
}

function keepEnd(text: string, maxBytes: number): string {
  const end = maxBytes <= 0 ? '' : text.slice(-maxBytes)
  let from = 0
  for (let excess = Buffer.byteLength(end) - maxBytes; excess > 0; excess = Buffer.byteLength(end.slice(from)) - maxBytes) {
    from += Math.ceil(excess / 3)
  }
  return isLowSurrogate(end.charCodeAt(from)) ? end.slice(from + 1) : end.slice(from)
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
