// The warnings of the AI SDK are asserted on, not read in the log.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })
