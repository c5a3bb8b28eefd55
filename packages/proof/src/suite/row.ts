import type {} from 'vitest'
import type { SuiteOptions } from './options.ts'

/** One line of a printed table: what a test reports, also when it passes. */
export interface Row {
  /** What was tested. */
  readonly name: string
  /** What was seen, in one line. */
  readonly seen: string
  /** Lines below it. */
  readonly notes?: readonly string[]
  /** Values for a table that is made of all rows at the end. */
  readonly values?: object
}

declare module 'vitest' {
  interface TaskMeta {
    row?: Row
  }
  interface ProvidedContext {
    suite: SuiteOptions
  }
}
