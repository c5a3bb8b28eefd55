import { isObject, type Json, type JsonObject, parseJson } from '../json.ts'
import type { Conversation } from './conversation.ts'
import { type Facts, findFacts } from './facts.ts'
import { fillSchema, isObjectSchema } from './fill-parameters.ts'

/** Answers with a JSON object: filled from a JSON Schema or an example in the prompt, or the answer in one field. */
export function jsonAnswer(conversation: Conversation, answer: string): string {
  const objects = findObjects(conversation.prompt).map(({ value }) => value)
  const schema = conversation.answerSchema ?? objects.find(isObjectSchema)
  const facts = answerFacts(conversation, answer)
  if (schema !== undefined) return JSON.stringify(fillSchema(schema, facts))
  const example = objects.find((object) => Object.keys(object).length > 0)
  if (example !== undefined) return JSON.stringify(fillSchema(schemaOf(example), facts))
  return JSON.stringify({ answer })
}

/** Facts of the task; free text is the answer, and numbers of results come before those of the question. */
export function answerFacts(conversation: Conversation, answer: string): Facts {
  // Values of an example in the words are no facts.
  const words = findObjects(conversation.task).reduce((text, object) => text.replace(object.text, ' '), conversation.task)
  const facts = findFacts(words)
  const results = conversation.newResults.filter(({ output }) => !output.isError)
  const numbers = results.flatMap(({ output }) => (output.number === undefined ? [] : [output.number]))
  return { ...facts, numbers: [...numbers, ...facts.numbers], topic: answer, afterColon: facts.afterColon ?? answer }
}

interface FoundObject {
  readonly value: JsonObject
  readonly text: string
}

/** Every JSON object that stands in a text, the outermost of each. */
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
    const sign = text[index]
    if (isQuoted && sign === '\\') index += 1
    else if (sign === '"') isQuoted = !isQuoted
    else if (!isQuoted && sign === '{') depth += 1
    else if (!isQuoted && sign === '}') depth -= 1
    if (depth === 0) return index + 1
  }
  return undefined
}

/** A schema that an example object would fit. */
function schemaOf(value: Json): JsonObject {
  if (Array.isArray(value)) return { type: 'array', items: schemaOf(value[0] ?? '') }
  if (isObject(value)) {
    const properties = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, schemaOf(item ?? null)]))
    return { type: 'object', properties, required: Object.keys(value) }
  }
  return { type: value === null ? 'string' : typeof value }
}
