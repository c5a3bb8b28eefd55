/** The most that a request may carry: DeepSeek and Kimi both refuse more. */
export const maxTools = 128
/** How long a call may take, by default. */
export const defaultTimeoutMs = 120_000
/** Cap of one result, in bytes of UTF-8: about 12,000 tokens. */
export const defaultMaxResultBytes = 50_000
/** Below this the note about what was left out does not fit. */
export const minResultBytes = 256
/** Deeper inputs are refused: no schema asks for them, and they exhaust the stack of validators. */
export const maxInputDepth = 64
/** What the model reads where a tool gave nothing back. */
export const noOutput = '(no output)'
