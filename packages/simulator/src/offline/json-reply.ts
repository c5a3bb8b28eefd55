import { isArray, isObject, type Json, type JsonObject, parseJson } from '../json.ts'
import { type Facts, findFacts } from './facts.ts'
import { fillSchema } from './fill-schema.ts'
import type { OfflineRequest } from './read-request.ts'

/** The reply as a JSON object: filled from a JSON Schema or an example in the prompt, or with the text in one field. */
export function jsonReply(request: OfflineRequest, text: string): string {
  const objects = findObjects(request.prompt).map(({ value }) => value)
  const example = objects.find((object) => Object.keys(object).length > 0)
  const schema = request.outputSchema ?? objects.find(({ properties }) => isObject(properties)) ?? (example === undefined ? undefined : schemaOf(example))
  return JSON.stringify(schema === undefined ? { answer: text } : fillSchema(schema, replyFacts(request, text)))
}

/** Facts of what the user asks, for structured output: free text is the text of the reply, and numbers of results come first. */
export function replyFacts({ asked, newResults }: OfflineRequest, text: string): Facts {
  // Values of an example are not facts.
  const facts = findFacts(findObjects(asked).reduce((rest, object) => rest.replace(object.text, ' '), asked))
  const results = newResults.flatMap(({ output }) => (output.isError || output.number === undefined ? [] : [output.number]))
  const hasPassage = facts.passages.length > facts.quoted.length
  return { ...facts, numbers: [...results, ...facts.numbers], topic: [text], passages: hasPassage ? facts.passages : [...facts.quoted, text] }
}

interface FoundObject {
  readonly value: JsonObject
  readonly text: string
}

/** Every JSON object in a text, without those inside another. */
function findObjects(text: string): readonly FoundObject[] {
  const found: FoundObject[] = []
  for (let start = text.indexOf('{'); start !== -1; start = text.indexOf('{', start)) {
    const end = endOfObject(text, start)
    const parsed = end === undefined ? undefined : parseJson(text.slice(start, end))
    if (isObject(parsed)) found.push({ value: parsed, text: text.slice(start, end) })
    start = isObject(parsed) && end !== undefined ? end : start + 1
  }
  return found
}

function endOfObject(text: string, start: number): number | undefined {
  let depth = 0
  let isQuoted = false
  for (let index = start; index < text.length; index += 1) {
    const character = text[index]
    if (isQuoted && character === '\\') index += 1
    else if (character === '"') isQuoted = !isQuoted
    else if (!isQuoted && character === '{') depth += 1
    else if (!isQuoted && character === '}') depth -= 1
    if (depth === 0) return index + 1
  }
  return undefined
}

/** A schema that an example object fits. */
function schemaOf(value: Json): JsonObject {
  if (isArray(value)) return { type: 'array', items: schemaOf(value[0] ?? '') }
  if (!isObject(value)) return { type: value === null ? 'string' : typeof value }
  const properties = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, schemaOf(item ?? null)]))
  return { type: 'object', properties, required: Object.keys(value) }
}
