import { checkNames, invalidOptions, kindOf } from '@capstan/core/internal'

/** What a text is that `redact` is given. */
export interface RedactedText {
  /** `event`: a text in an event, such as an argument or a result. `request`, `response`: the complete body of an exchange. */
  readonly kind: 'event' | 'request' | 'response'
  /** Of an exchange outside of any run: absent. */
  readonly runId?: string
}

/** Options of `traceTo` and `traceToFile`. */
export interface TraceOptions {
  /** Whether HTTP exchanges are recorded, byte for byte. Default: true. */
  readonly tape?: boolean
  /**
   * Replaces contents that must not be recorded, in texts of events and in bodies. Keys and cookies never reach it: they are replaced before. Of
   * the body of a stream it is also given the texts that were sent in pieces, put together. Where it throws, nothing of the text is recorded. A tape with changed requests cannot be replayed.
   */
  readonly redact?: (text: string, about: RedactedText) => string
  /** Bytes of one file; then the next one is begun. Default: 32 MiB. */
  readonly maxFileBytes?: number
  /** Files that are kept: when there are more, the oldest is deleted. Default: 100. */
  readonly maxFiles?: number
  /** Bytes of a body that are recorded. Of a longer one the rest is left out, and the exchange cannot be replayed. Default: 8 MiB. */
  readonly maxBodyBytes?: number
}

/** Options with every default filled in. */
export type ResolvedOptions = Required<Omit<TraceOptions, 'redact'>> & Pick<TraceOptions, 'redact'>

const defaults = { tape: true, maxFileBytes: 32 * 1024 * 1024, maxFiles: 100, maxBodyBytes: 8 * 1024 * 1024 } as const
const names: Readonly<Record<keyof TraceOptions, true>> = { tape: true, redact: true, maxFileBytes: true, maxFiles: true, maxBodyBytes: true }

/** @throws {AgentError} `invalid-options`. */
export function resolveOptions(options: TraceOptions, what: string): ResolvedOptions {
  checkNames(options, {
    names: Object.keys(names),
    what: `an option of ${what}`,
    instead: { record: 'tape', http: 'tape', maxSize: 'maxFileBytes', mask: 'redact' },
  })
  const { tape, redact } = options
  if (tape !== undefined && typeof tape !== 'boolean') throw invalidOptions(`\`tape\` must be true or false, not ${kindOf(tape)}.`)
  if (redact !== undefined && typeof redact !== 'function') throw invalidOptions(`\`redact\` must be a function, not ${kindOf(redact)}.`)
  for (const name of ['maxFileBytes', 'maxFiles', 'maxBodyBytes'] as const) {
    const value = options[name]
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      throw invalidOptions(`\`${name}\` must be a whole number of at least 1, not ${String(value)}.`)
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return { ...defaults, ...given }
}
