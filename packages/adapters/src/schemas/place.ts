import type { Json, JsonObject } from '@capstan/core'
import type { Dialect } from './dialect.ts'

/** Says that a place cannot be lowered. */
export type Refuse = (pointer: string, message: string) => never

/** Where a schema stands. */
export interface Place {
  readonly pointer: string
  /** Objects around it. */
  readonly depth: number
}

/** The lowering of one schema, with what is counted through the whole of it. */
export interface Lowering {
  readonly dialect: Dialect
  readonly refuse: Refuse
  /** The schema as it is sent. */
  lowerRoot(): JsonObject
  /** A schema below the root; `undefined` for one that no value fits. */
  lower(schema: Json | undefined, place: Place): JsonObject | undefined
  /** Counts properties. */
  countProperties(count: number, pointer: string): void
  /** Counts the values of an enum; false when there are too many by now. */
  hasRoomFor(values: readonly Json[]): boolean
}

/** What lowers a schema, and where. */
export interface Context {
  readonly place: Place
  readonly lowering: Lowering
}

/** The same for a schema of one type. */
export interface TypedContext extends Context {
  /** Takes what can only be said in words. */
  readonly words: string[]
}

/** A number that JSON writes without an exponent, and that every server reads as the same. */
export function isPlainNumber(value: number): boolean {
  return Number.isFinite(value) && !String(value).includes('e') && Math.abs(value) <= Number.MAX_SAFE_INTEGER
}
