import type { Json, JsonObject } from '@capstan/core'
import type { Dialect } from './dialect.ts'

/** Throws the error for a part of a schema that cannot be lowered. */
export type Refuse = (pointer: string, message: string) => never

/** Where a schema is. */
export interface Position {
  readonly pointer: string
  /** Objects around it. */
  readonly depth: number
  /** True when every object that fits the complete schema has a value here. */
  readonly isRequired: boolean
}

/** The lowering of one schema, with what is counted through all of it. */
export interface Lowering {
  readonly dialect: Dialect
  readonly refuse: Refuse
  /** The schema as it is sent. */
  lowerRoot(): JsonObject
  /** A schema below the root; `undefined` for one that no value fits. */
  lower(schema: Json | undefined, position: Position): JsonObject | undefined
  /** Counts properties. */
  countProperties(count: number, pointer: string): void
  /** Counts the values of an enum; false when there are too many by now. */
  hasRoomFor(values: readonly Json[]): boolean
}

/** What lowers a schema, and at which position. */
export interface Context {
  readonly position: Position
  readonly lowering: Lowering
}

/** The same for a schema of one type. */
export interface TypedContext extends Context {
  /** Collects constraints that only the description can express. */
  readonly words: string[]
}

/** True for a number that JSON writes without an exponent and that every server reads as the same. */
export function isPlainNumber(value: number): boolean {
  return Number.isFinite(value) && !String(value).includes('e') && Math.abs(value) <= Number.MAX_SAFE_INTEGER
}
