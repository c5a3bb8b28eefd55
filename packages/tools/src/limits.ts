/** How long a call may take, by default. */
export const defaultTimeoutMs = 120_000
/** Cap of one result, in bytes of UTF-8: about 12,000 tokens. */
export const defaultMaxResultBytes = 50_000
/** Below this the note about what was omitted does not fit. */
export const minResultBytes = 256
/** The largest cap of one result. */
export const maxResultBytesLimit: number = 2 ** 26
/** Deeper inputs are refused: no schema asks for them, and validators would exhaust the stack. */
export const maxInputDepth = 64
/** The text for the model where a tool returned nothing. */
export const noOutput = '(no output)'
