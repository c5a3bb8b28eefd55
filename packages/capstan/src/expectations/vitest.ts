// A setup file of vitest: `setupFiles: ['capstan/testing/vitest']`.
import { expect } from 'vitest'
import { matchers, type RunMatchers } from './matchers.ts'

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: a declaration that is merged must have the type parameters of vitest's own.
  interface Matchers<T = any> extends RunMatchers {}
}

expect.extend(matchers)
