import { callToolName, searchLimits } from '../contract/catalogue.ts'
import type { ToolDefinition } from '../contract/model.ts'

/** Characters of all schemas together, of the description beside a schema, and of any other description. */
const maxSchemas = 16_000
const maxDescription = 1_000
const maxSummary = 160

/** What the model gets for a search. */
export interface SearchText {
  readonly text: string
  /** Tools whose complete schema is in the text. */
  readonly shown: readonly string[]
}

/**
 * Writes the result of a search: one line for each tool, and for the first five another line with the input schema. At most about 25,000
 * characters: a schema that does not fit is left out, and the text says how to see it.
 *
 * @param found - Best first, with the schemas that are to be shown.
 */
export function searchText(found: readonly ToolDefinition[]): SearchText {
  const [first] = found
  if (first === undefined) return { text: 'No tool has these words. Search again with other words: what the tool does, and what it works with.', shown: [] }
  const shown: string[] = []
  const lines = [`To call one of these tools: ${callToolName} {"name":${JSON.stringify(first.name)},"input":{…}}, where input fits its input schema.`]
  let left = maxSchemas
  for (const [index, { name, description, inputSchema }] of found.slice(0, searchLimits.names).entries()) {
    const hasSchema = index < searchLimits.schemas
    lines.push(`${index + 1}. ${name}: ${oneLine(description, hasSchema ? maxDescription : maxSummary)}`)
    if (!hasSchema) continue
    const schema = JSON.stringify(inputSchema)
    const fits = schema.length <= left
    lines.push(`   input schema: ${fits ? schema : leftOut(schema, name, index === 0)}`)
    if (fits) shown.push(name)
    if (fits || index === 0) left -= Math.min(left, schema.length)
  }
  if (found.length > searchLimits.schemas) lines.push('To see an input schema that is not shown, search for the name of the tool.')
  return { text: lines.join('\n'), shown }
}

/** A schema that is too long by itself is cut. Any other one is shown by a search for its tool. */
function leftOut(schema: string, name: string, isFirst: boolean): string {
  const size = `${schema.length.toLocaleString('en')} characters`
  return isFirst ? `${cut(schema, maxSchemas)} (cut: it has ${size})` : `not shown, ${size}. Search for ${name} to see it.`
}

/** A description must not look like another line of the result. */
function oneLine(text: string, maxLength: number): string {
  const line = cut(text, maxLength * 2)
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
  return line.length > maxLength ? `${cut(line, maxLength)}…` : line
}

/** Cuts a text without leaving half of a surrogate pair. */
function cut(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(/[\uD800-\uDBFF]$/, '')
}
