import { AgentError, type JsonObject } from '@capstan/core'
import type { SchemaFlavour } from '../profiles/profile.ts'
import { dialects } from './dialect.ts'
import { endRecursion } from './end-recursion.ts'
import { createLowering } from './lowering.ts'
import { joinTop } from './object-top.ts'

/** What a schema is lowered to, and what it is called in errors. */
export interface LowerOptions {
  readonly flavour: SchemaFlavour
  /** True to join a union at the top in the flavour `free`, too; the others need it always. */
  readonly joinsTop?: boolean
  /** At the beginning of a sentence: `Tool "get_weather"`. */
  readonly name: string
}

/**
 * Rewrites a JSON Schema so that an endpoint of a flavour accepts it. The result is never stricter in what it says about a value, except
 * for types that the schema left out and for unions at the top (`joinTop`); what the flavour cannot express is added to descriptions in
 * words. Arguments are checked against the original. Equal schemas have equal results, byte for byte.
 *
 * @throws {AgentError} `invalid-tool`, naming tool and JSON pointer, for what cannot be rewritten.
 */
export function lowerSchema(schema: JsonObject, { flavour, joinsTop = false, name }: LowerOptions): JsonObject {
  const refuse = (pointer: string, message: string): never => {
    throw new AgentError(`${name}: at /inputSchema${pointer}, ${message}`, { code: 'invalid-tool' })
  }
  const top = flavour === 'free' && !joinsTop ? schema : joinTop(schema)
  if (flavour === 'free') return top
  const dialect = dialects[flavour]
  const lowered = createLowering(top, schema, { dialect, refuse }).lowerRoot()
  return endRecursion(lowered, dialect) ?? refuse('', 'the schema requires itself without an end. Make one of the properties in the recursion optional.')
}
