/** The most tools of one server. */
export const maxTools = 20_000
/** The most pages of one list. */
export const maxPages = 2_000
/** The most characters of one definition, as JSON: a larger one would fill the context of a model. */
export const maxDefinitionCharacters = 100_000
/** A longer description is cut. */
export const maxDescriptionCharacters = 8_000
/** The most characters of all definitions of a server together. */
export const maxListCharacters: number = 64 * 1024 * 1024
/** The default for the time until a server has answered the handshake: `npx` may have to download it first. */
export const defaultHandshakeTimeoutMs = 60_000
/** The most time that a server gets to answer the request that asks for the newer protocol. Then the older handshake follows. */
export const maxProbeMs = 10_000
/** The default for one request, such as the call of a tool. */
export const defaultTimeoutMs = 120_000
/** The default for the end of a server, from the end of its input to SIGKILL. */
export const defaultCloseTimeoutMs = 2_000
/** The default for restarts without an answered request in between. */
export const defaultMaxRestarts = 3
/** The default for one message of a server. */
export const defaultMaxMessageBytes: number = 16 * 1024 * 1024
/** What is kept of the end of what a server writes to stderr, for errors. */
export const maxStderrCharacters = 2_000
/** Pauses before a list that changed is read again, and before a stream of notifications is opened again. */
export const refreshPauseMs = 100
export const firstRelistenMs = 1_000
export const maxRelistenMs = 60_000
