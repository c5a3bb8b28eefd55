import type { SchemaFlavour } from '../profiles/profile.ts'

/** What a flavour of JSON Schema can express. Other constraints are added to the description. */
export interface Dialect {
  /** Keywords that are kept, by the type they belong to. */
  readonly keywords: Readonly<Record<'string' | 'number' | 'array', readonly string[]>>
  readonly formats: readonly string[]
  /** Every property is required and no other is allowed; an optional one may be null instead. */
  readonly closed: boolean
  /** Where definitions that refer to themselves are kept. */
  readonly definitions: '$defs' | '$def'
  /** False where a list does not count as an end of a schema that requires itself. */
  readonly listsEnd: boolean
  /** Names that no property may have. */
  readonly reservedNames: readonly string[]
  /** Levels of objects within objects. A deeper object is only described in the description. */
  readonly maxObjectDepth: number
  readonly maxBranches: number
  /** Values of all enums together. */
  readonly maxEnumValues: number
  readonly maxProperties: number
}

/**
 * Moonshot's. Its page allows 5 levels, 100 properties and 10 branches, the code of its validator more. What is deeper is described in the description;
 * only what exceeds the limits of the code is refused.
 *
 * @see https://github.com/MoonshotAI/walle/blob/main/docs/walle.md
 * @see https://github.com/MoonshotAI/walle/blob/main/conf.go
 */
const mfjs: Dialect = {
  keywords: { string: ['minLength', 'maxLength'], number: ['minimum', 'maximum'], array: ['minItems', 'maxItems'] },
  formats: [],
  closed: false,
  definitions: '$defs',
  listsEnd: false,
  reservedNames: ['$defs', '$ref', 'anyOf', 'required', 'additionalProperties'],
  maxObjectDepth: 5,
  maxBranches: 10,
  maxEnumValues: 500,
  maxProperties: 1_000,
}

/**
 * DeepSeek's strict mode.
 *
 * @see https://api-docs.deepseek.com/guides/tool_calls
 * @see https://docs.rs/crate/rig-core/0.46.0/source/src/providers/deepseek.rs
 */
const deepseekStrict: Dialect = {
  keywords: { string: ['pattern', 'format'], number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'], array: [] },
  formats: ['email', 'hostname', 'ipv4', 'ipv6', 'uuid'],
  closed: true,
  definitions: '$def',
  listsEnd: true,
  reservedNames: [],
  maxObjectDepth: Number.POSITIVE_INFINITY,
  maxBranches: Number.POSITIVE_INFINITY,
  maxEnumValues: Number.POSITIVE_INFINITY,
  maxProperties: Number.POSITIVE_INFINITY,
}

/** What the flavours can express; `free` expresses everything. */
export const dialects: Readonly<Record<Exclude<SchemaFlavour, 'free'>, Dialect>> = { mfjs, 'deepseek-strict': deepseekStrict }
