import type { JsonObject } from '@capstan/core'
import { escapePointer, isJsonObject } from '@capstan/core/internal'
import { compilePattern } from '../patterns/program.ts'
import { PatternError, readPattern } from '../patterns/syntax.ts'
import { walkSchemas } from './walk-schemas.ts'

/** A pattern that is not checked, and the reason. */
export interface UncheckedPattern {
  readonly pointer: string
  readonly reason: string
}

/** The patterns of a JSON Schema that cannot be parsed, or cannot be matched in linear time. */
export function* uncheckedPatterns(root: JsonObject): Generator<UncheckedPattern> {
  for (const { schema, pointer } of walkSchemas(root)) {
    if (!isJsonObject(schema)) continue
    const { pattern, patternProperties } = schema
    const reason = pattern === undefined ? undefined : reasonAgainst(pattern)
    if (reason !== undefined) yield { pointer: `${pointer}/pattern`, reason }
    for (const name of Object.keys(isJsonObject(patternProperties) ? patternProperties : {})) {
      const problem = reasonAgainst(name)
      if (problem !== undefined) yield { pointer: `${pointer}/patternProperties/${escapePointer(name)}`, reason: problem }
    }
  }
}

function reasonAgainst(pattern: unknown): string | undefined {
  try {
    compilePattern(readPattern(String(pattern)))
    return undefined
  } catch (error) {
    if (error instanceof PatternError) return error.message
    throw error
  }
}

/** Moves a pattern that JavaScript does not accept into the description, because an endpoint would refuse the request for it. */
export function describePattern(schema: JsonObject): JsonObject {
  const { pattern, ...others } = schema
  if (typeof pattern !== 'string' || isRegularExpression(pattern)) return schema
  const { description } = others
  const words = `Pattern: ${pattern}`
  return { ...others, description: typeof description === 'string' && description !== '' ? `${description} ${words}` : words }
}

function isRegularExpression(pattern: string): boolean {
  try {
    return new RegExp(pattern) instanceof RegExp
  } catch {
    return false
  }
}
