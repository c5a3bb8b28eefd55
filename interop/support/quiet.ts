// Tests assert the warnings of the AI SDK, so they are not written to the console.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })
