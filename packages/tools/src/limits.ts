/** The default time limit of a call. */
export const defaultTimeoutMs = 120_000
/** The default cap of one result, in bytes of UTF-8: about 12,000 tokens. */
export const defaultMaxResultBytes = 50_000
/** The smallest cap of one result: a smaller one has no room for the note about what was left out. */
export const minResultBytes = 256
/** The largest cap of one result. */
export const maxResultBytesLimit: number = 2 ** 26
/** The most levels of an input. Deeper inputs are refused, because validators would exhaust the stack. */
export const maxInputDepth = 64
/** The text for the model if a tool returned nothing. */
export const noOutput = '(no output)'
