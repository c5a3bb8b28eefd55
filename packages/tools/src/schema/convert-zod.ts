import type { JsonObject } from '@capstan/core'
import { findPeers } from './find-peers.ts'

/** Thrown for a schema that its library cannot convert. The message ends with how to fix it. */
export class ConversionError extends Error {
  override readonly name = 'ConversionError'
  readonly pointer: string

  constructor(message: string, pointer = '') {
    super(message)
    this.pointer = pointer
  }
}

/** A zod 4 schema (zod/mini or classic), of any copy of zod. */
export interface Zod4Schema {
  readonly _zod: { readonly version?: Zod4Version; readonly def: unknown }
  readonly meta?: () => JsonObject | undefined
}

interface Zod4Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
}

interface Zod4Core {
  readonly version: Zod4Version
  toJSONSchema(schema: unknown, options: { readonly io: 'input'; readonly metadata?: unknown }): JsonObject
}

/** True for schemas of zod 4, including `zod/v4` of zod 3.25. */
export function isZod4(schema: object): schema is Zod4Schema {
  return '_zod' in schema
}

/** True for schemas of zod 3. */
export function isZod3(schema: object): boolean {
  return !isZod4(schema) && '_def' in schema && typeof schema._def === 'object' && schema._def !== null && 'typeName' in schema._def
}

/** From this version on, a schema has its own converter, except in zod/mini. */
const ownConverter: Zod4Version = { major: 4, minor: 2, patch: 0 }
const passJsonSchema = "pass `jsonSchema: z.toJSONSchema(schema, { io: 'input' })` beside it."
/** From this version on, all copies of zod share the registry of descriptions; before, each copy had its own. */
const sharedDescriptions: Zod4Version = { major: 4, minor: 1, patch: 0 }

/**
 * Converts a zod 4 schema that has no converter of its own: zod/mini, zod 4.0 and 4.1, and the zod 4 inside zod 3.25. The converter of a
 * later version of zod 4 reads schemas of earlier ones.
 *
 * @throws {ConversionError} If no such converter is installed.
 */
export function convertZod4(schema: Zod4Schema): JsonObject {
  const version = schema._zod.version ?? { major: 4, minor: 0, patch: 0 }
  const found = findPeers('zod/v4/core', isZod4Core)
  // An earlier converter returns wrong schemas without an error: the one of 3.25 converts z.int() of a later zod to `number`.
  const core = found.find((candidate) => compareVersions(candidate.version, version) >= 0)
  if (core !== undefined) return core.toJSONSchema(schema, { io: 'input', ...metadataOf(schema, version) })
  const [nearest] = found
  const problem = nearest === undefined ? 'no zod was found that converts it' : `the zod that was found is ${formatVersion(nearest.version)}`
  const wanted = compareVersions(version, ownConverter) < 0 ? ownConverter : version
  throw new ConversionError(
    `the schema was made by zod ${formatVersion(version)}, and ${problem}. Run \`npm install zod@^${formatVersion(wanted)}\` in the program; in a bundle, keep zod external. Or ${passJsonSchema}`,
  )
}

function metadataOf(schema: Zod4Schema, version: Zod4Version): { readonly metadata?: unknown } {
  if (compareVersions(version, sharedDescriptions) >= 0) return {}
  if (typeof schema.meta === 'function') return { metadata: { get: (part: Zod4Schema) => part.meta?.(), has: () => false } }
  throw new ConversionError(
    `descriptions of zod/mini ${formatVersion(version)} cannot be read. Run \`npm install zod@^${formatVersion(ownConverter)}\` where the schema is defined, or ${passJsonSchema}`,
  )
}

/**
 * Converts a zod 3 schema with zod-to-json-schema. Parts that are used twice are written twice; only recursion becomes a `$ref`.
 *
 * @throws {ConversionError} If zod-to-json-schema is not installed, or a part has no JSON form.
 */
export function convertZod3(schema: object): JsonObject {
  // For a zod 4 schema, zod-to-json-schema returns an empty schema without an error.
  if (isZod4(schema)) return convertZod4(schema)
  const [converter] = findPeers('zod-to-json-schema', isZod3Converter)
  if (converter === undefined) {
    throw new ConversionError(
      'a schema of zod 3 needs the package zod-to-json-schema. Run `npm install zod-to-json-schema`, and in a bundle keep it external; or move to zod >= 4.2.',
    )
  }
  const options = { pipeStrategy: 'input', target: 'jsonSchema2019-09', removeAdditionalStrategy: 'strict' }
  let isRecursive = false
  const override: Override = (def, refs, seen) => {
    refuseUnrepresentable(def, refs.currentPath)
    isRecursive ||= seen?.path.every((segment, index) => refs.currentPath[index] === segment) === true
    // A recursive schema is converted again below. Recursion is not followed here, so that no warning is printed.
    return isRecursive ? {} : converter.ignoreOverride
  }
  const inlined = converter.zodToJsonSchema(schema, { ...options, $refStrategy: 'none', override })
  return isRecursive ? converter.zodToJsonSchema(schema, { ...options, $refStrategy: 'root' }) : inlined
}

type Override = (
  def: Readonly<Record<string, unknown>>,
  refs: { readonly currentPath: readonly string[] },
  seen: { readonly path: readonly string[] } | undefined,
) => unknown

interface Zod3Converter {
  zodToJsonSchema(schema: object, options: Readonly<Record<string, unknown>>): JsonObject
  readonly ignoreOverride: symbol
}

const unrepresentable: ReadonlySet<string> = new Set([
  'ZodDate',
  'ZodBigInt',
  'ZodMap',
  'ZodSet',
  'ZodFunction',
  'ZodSymbol',
  'ZodUndefined',
  'ZodVoid',
  'ZodNaN',
  'ZodPromise',
])

/** Refuses types that zod-to-json-schema converts to a JSON type although no JSON value fits them: every call would fail. */
function refuseUnrepresentable(def: Readonly<Record<string, unknown>>, path: readonly string[]): void {
  const typeName = String(def['typeName'])
  if (!unrepresentable.has(typeName) || def['coerce'] === true) return
  const pointer = path.slice(1).map((segment) => `/${segment}`)
  throw new ConversionError(`${typeName} cannot be expressed in JSON. Use a string or a number and transform it, or z.coerce.`, pointer.join(''))
}

function isZod4Core(value: unknown): value is Zod4Core {
  return typeof value === 'object' && value !== null && 'toJSONSchema' in value && 'version' in value
}

function isZod3Converter(value: unknown): value is Zod3Converter {
  return typeof value === 'object' && value !== null && 'zodToJsonSchema' in value
}

function formatVersion({ major, minor, patch }: Zod4Version): string {
  return `${major}.${minor}.${patch}`
}

function compareVersions(first: Zod4Version, second: Zod4Version): number {
  return first.major - second.major || first.minor - second.minor || first.patch - second.patch
}
