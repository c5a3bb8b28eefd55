import { AgentError } from '@capstan/core'

/**
 * Loads a part of this package that waits for the first request.
 *
 * @throws {AgentError} `invalid-use` in an ES module bundle without `require`, which undici needs, with what to add to the bundler.
 */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load()
  } catch (error) {
    throw isMissingRequire(error) ? bundledWithoutRequire(error) : error
  }
}

// What esbuild writes in place of `require`, and what Node says where nothing was written.
function isMissingRequire(error: unknown): error is Error {
  return error instanceof Error && /^Dynamic require of .* is not supported$|^require is not defined/.test(error.message)
}

function bundledWithoutRequire(cause: Error): AgentError {
  const banner = `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`
  const message =
    `This program was bundled as an ES module without \`require\`, which undici needs (${cause.message}). To fix this, add to esbuild: ` +
    `--banner:js="${banner}" — or bundle as CommonJS (--format=cjs), or leave packages out of the bundle (--packages=external).`
  return new AgentError(message, { code: 'invalid-use', phase: 'setup', cause })
}
