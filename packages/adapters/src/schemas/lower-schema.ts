import { AgentError, type JsonObject } from '@capstan/core'
import type { SchemaFlavour } from '../profiles/profile.ts'
import { dialects } from './dialect.ts'
import { endRecursion } from './end-recursion.ts'
import { createLowering } from './lowering.ts'

/** What a schema is lowered to, and what it is called in errors. */
export interface LowerOptions {
  readonly flavour: SchemaFlavour
  /** At the head of a sentence: `Tool "get_weather"`. */
  readonly name: string
}

/**
 * Rewrites a JSON Schema so that an endpoint of a flavour takes it. The result is never stricter in what it says of a value, but for
 * types that the schema left unsaid; what the flavour cannot say is added to descriptions in words. Arguments are checked
 * against the original. Equal schemas have equal results, byte for byte.
 *
 * @throws {AgentError} `invalid-tool`, naming tool and JSON pointer, for what cannot be rewritten.
 */
export function lowerSchema(schema: JsonObject, { flavour, name }: LowerOptions): JsonObject {
  if (flavour === 'free') return schema
  const lowering = createLowering(schema, dialects[flavour], (pointer, message) => {
    throw new AgentError(`${name}: at /inputSchema${pointer}, ${message}`, { code: 'invalid-tool' })
  })
  const lowered = lowering.lowerRoot()
  const ended = endRecursion(lowered)
  return ended ?? lowering.refuse('', 'the schema asks for itself without an end: make a property on the way optional.')
}
