import { createRequire } from 'node:module'
import type { JsonObject } from '@capstan/core'

/** A schema that its library cannot convert by itself. The message ends with the way out. */
export class ConversionError extends Error {
  override readonly name = 'ConversionError'
  readonly pointer: string

  constructor(message: string, pointer = '') {
    super(message)
    this.pointer = pointer
  }
}

// Optional peers: resolved at the definition of a tool that needs them, never by an import of this package. `require` because
// tool() is synchronous; both packages ship CommonJS.
const require = createRequire(import.meta.url)

/** A zod 4 schema, mini or classic, of any copy of zod. */
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

/** True for schemas of zod 4, also of the one inside zod 3.25. */
export function isZod4(schema: object): schema is Zod4Schema {
  return '_zod' in schema
}

/** True for schemas of zod 3. */
export function isZod3(schema: object): boolean {
  return !isZod4(schema) && '_def' in schema && typeof schema._def === 'object' && schema._def !== null && 'typeName' in schema._def
}

/**
 * Converts a zod 4 schema that has no converter of its own: zod/mini, and the zod 4 inside zod 3.25.
 *
 * @throws {ConversionError} When zod is not installed beside this package in the version that made the schema.
 */
export function convertZod4(schema: Zod4Schema): JsonObject {
  const core = requirePeer('zod/v4/core', isZod4Core)
  const version = schema._zod.version
  // A converter of another version gives wrong schemas without an error: 3.25's makes `number` of a later z.int().
  if (core === undefined || version === undefined || formatVersion(core.version) !== formatVersion(version)) {
    const found = core === undefined ? 'zod was not found' : `the zod found is ${formatVersion(core.version)}`
    throw new ConversionError(
      `the schema was made by zod ${version === undefined ? '4' : formatVersion(version)}, and ${found}. Pass \`jsonSchema: z.toJSONSchema(schema, { io: 'input' })\` beside it, or use zod >= 4.2 (not mini).`,
    )
  }
  return core.toJSONSchema(schema, { io: 'input', ...metadataOf(schema) })
}

/** Descriptions live in a registry of the copy of zod that made the schema; before 4.1 that copy is not the required one. */
function metadataOf(schema: Zod4Schema): { readonly metadata?: unknown } {
  if ('__zod_globalRegistry' in globalThis) return {}
  if (typeof schema.meta !== 'function') {
    throw new ConversionError("descriptions of this version of zod mini cannot be read. Pass `jsonSchema: z.toJSONSchema(schema, { io: 'input' })` beside it.")
  }
  return { metadata: { get: (part: Zod4Schema) => part.meta?.(), has: () => false } }
}

/**
 * Converts a zod 3 schema with zod-to-json-schema. Parts that are used twice are sent twice; only recursion makes a `$ref`.
 *
 * @throws {ConversionError} When zod-to-json-schema is not installed, or a part has no JSON form.
 */
export function convertZod3(schema: object): JsonObject {
  // Given a zod 4 schema, zod-to-json-schema answers with an empty one, and without an error.
  if (isZod4(schema)) return convertZod4(schema)
  const converter = requirePeer('zod-to-json-schema', isZod3Converter)
  if (converter === undefined) throw new ConversionError('zod 3 needs the package zod-to-json-schema. Install it, or move to zod >= 4.2.')
  const options = { pipeStrategy: 'input', target: 'jsonSchema2019-09', removeAdditionalStrategy: 'strict' }
  let isRecursive = false
  const override: Override = (def, refs, seen) => {
    refuseUnrepresentable(def, refs.currentPath)
    isRecursive ||= seen?.path.every((segment, index) => refs.currentPath[index] === segment) === true
    // A recursive schema is converted again below: nothing is entered twice here, so that no warning is printed.
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

/** zod-to-json-schema shows these as something that JSON can carry, and then every call would fail. */
function refuseUnrepresentable(def: Readonly<Record<string, unknown>>, path: readonly string[]): void {
  const typeName = String(def['typeName'])
  if (!unrepresentable.has(typeName) || def['coerce'] === true) return
  const pointer = path.slice(1).map((segment) => `/${segment}`)
  throw new ConversionError(`${typeName} cannot come out of JSON. Use a string or a number and transform it, or z.coerce.`, pointer.join(''))
}

function requirePeer<Module>(name: string, isModule: (value: unknown) => value is Module): Module | undefined {
  try {
    const module: unknown = require(name)
    return isModule(module) ? module : undefined
  } catch {
    return undefined
  }
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
