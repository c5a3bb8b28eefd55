import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { maxDefinitionCharacters, maxDescriptionCharacters } from '../limits.ts'
import type { ToolHints } from '../options.ts'
import { cleanText } from './clean-text.ts'
import { findBadHeader } from './parameter-headers.ts'

/** A tool as its server describes it, checked. */
export interface RemoteTool {
  /** The name that the server uses. */
  readonly name: string
  readonly description: string
  readonly inputSchema: JsonObject
  readonly outputSchema: JsonObject | undefined
  readonly hints: ToolHints
  /** The definition as text: the same while nothing of it changes. */
  readonly fingerprint: string
}

/** How a server is reached: over HTTP, arguments can become headers. */
export interface ReadOptions {
  readonly isHttp: boolean
}

/** @throws {Error} With the reason why the definition cannot be used. */
export function readTool(raw: unknown, { isHttp }: ReadOptions): RemoteTool {
  const fingerprint = write(raw)
  if (fingerprint.length > maxDefinitionCharacters) throw new Error(`its definition has more than ${maxDefinitionCharacters} characters`)
  if (!isJsonObject(raw)) throw new Error('its definition is not an object')
  const { name, title, description, inputSchema, outputSchema, annotations } = raw as Readonly<Record<string, Json | undefined>>
  if (typeof name !== 'string' || name === '') throw new Error('it has no name')
  if (!isJsonObject(inputSchema)) throw new Error('it has no input schema')
  const badHeader = isHttp ? findBadHeader(inputSchema) : undefined
  if (badHeader !== undefined) throw new Error(badHeader)
  return {
    name,
    description: descriptionOf([description, title, isJsonObject(annotations) ? annotations['title'] : undefined, name]),
    inputSchema: cleanTexts(inputSchema),
    outputSchema: isJsonObject(outputSchema) ? outputSchema : undefined,
    hints: hintsOf(isJsonObject(annotations) ? annotations : {}),
    fingerprint,
  }
}

/** @throws {Error} For a definition that is nested so deep that it exhausts the stack. */
function write(raw: unknown): string {
  try {
    return JSON.stringify(raw)
  } catch {
    throw new Error('its definition is nested too deep')
  }
}

/** The name under which a definition that cannot be used is reported. */
export function shownName(raw: unknown): string {
  const name = isJsonObject(raw) ? raw['name'] : undefined
  return typeof name === 'string' ? name : ''
}

function descriptionOf(candidates: readonly (Json | undefined)[]): string {
  const texts = candidates.flatMap((text) => (typeof text === 'string' ? cleanText(text).trim() : []))
  const text = texts.find((candidate) => candidate !== '') ?? 'A tool without a description.'
  return text.length > maxDescriptionCharacters ? `${text.slice(0, maxDescriptionCharacters)}…` : text
}

/** The texts of a schema are read by the model, too. */
function cleanTexts(schema: JsonObject): JsonObject {
  const clean = (key: string, value: unknown): unknown => (typeof value === 'string' && (key === 'description' || key === 'title') ? cleanText(value) : value)
  // It came as JSON.
  return JSON.parse(JSON.stringify(schema), clean) as JsonObject
}

/** What the protocol says about a tool that does not say it. */
function hintsOf(annotations: JsonObject): ToolHints {
  const isSaid = (key: string, byDefault: boolean): boolean => (typeof annotations[key] === 'boolean' ? annotations[key] === true : byDefault)
  return {
    readOnly: isSaid('readOnlyHint', false),
    destructive: isSaid('destructiveHint', true),
    idempotent: isSaid('idempotentHint', false),
    openWorld: isSaid('openWorldHint', true),
  }
}
