import type { Json, JsonObject } from '@capstan/core'
import { canonicalJson, isJsonObject } from '@capstan/core/internal'

/** One place in which two requests differ. */
export interface Difference {
  /** `message 3 (tool)`, `tool weigh`, or the name of a parameter. Messages count from 1. */
  readonly where: string
  /** `undefined` where only the other request has it. */
  readonly recorded: string | undefined
  readonly made: string | undefined
}

/** Compares the bodies of two requests: parameters, tools, then message by message. A body that is not a JSON object is compared as text. */
export function compareRequests(recorded: string, made: string): readonly Difference[] {
  const [left, right] = [parseBody(recorded), parseBody(made)]
  if (left === undefined || right === undefined) return recorded === made ? [] : [{ where: 'body', recorded, made }]
  return [...compareSettings(left, right), ...compareMessages(messagesOf(left), messagesOf(right))]
}

/** The differences of everything but the messages: tools by name, and parameters. */
export function compareSettings(recorded: JsonObject, made: JsonObject): readonly Difference[] {
  const { messages: _, tools: oldTools, ...old } = recorded
  const { messages: __, tools: newTools, ...now } = made
  return [...compareValues('', old, now), ...compareValues('tool ', toolsByName(oldTools), toolsByName(newTools))]
}

/** The differences of two lists of messages, by position. */
export function compareMessages(recorded: readonly Json[], made: readonly Json[]): readonly Difference[] {
  const length = Math.max(recorded.length, made.length)
  return Array.from({ length }, (_, index) => compareMessage(index, recorded[index], made[index])).flat()
}

/** The messages of a body. */
export function messagesOf(body: JsonObject): readonly Json[] {
  return Array.isArray(body['messages']) ? body['messages'] : []
}

/** The JSON object of a body; `undefined` where it is not one. */
export function parseBody(body: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function compareMessage(index: number, recorded: Json | undefined, made: Json | undefined): readonly Difference[] {
  if (isEqual(recorded, made)) return []
  const where = `message ${index + 1} (${roleOf(recorded ?? made)})`
  if (!isJsonObject(recorded) || !isJsonObject(made) || recorded['role'] !== made['role']) return [{ where, recorded: show(recorded), made: show(made) }]
  const fields = compareValues(`${where}, `, recorded, made)
  // The text of a message needs no name.
  return fields.map((field) => (field.where === `${where}, content` ? { ...field, where } : field))
}

function compareValues(prefix: string, recorded: JsonObject, made: JsonObject): readonly Difference[] {
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(made)])]
  return names
    .filter((name) => !isEqual(recorded[name], made[name]))
    .map((name) => ({ where: `${prefix}${name}`, recorded: show(recorded[name]), made: show(made[name]) }))
}

function toolsByName(tools: Json | undefined): JsonObject {
  if (!Array.isArray(tools)) return {}
  return Object.fromEntries(tools.map((tool, index) => [nameOf(tool) ?? String(index + 1), tool]))
}

function nameOf(tool: Json): string | undefined {
  const definition = isJsonObject(tool) ? tool['function'] : undefined
  return isJsonObject(definition) && typeof definition['name'] === 'string' ? definition['name'] : undefined
}

function roleOf(message: Json | undefined): string {
  return isJsonObject(message) && typeof message['role'] === 'string' ? message['role'] : 'no role'
}

function isEqual(left: Json | undefined, right: Json | undefined): boolean {
  if (left === undefined || right === undefined) return left === right
  return canonicalJson(left) === canonicalJson(right)
}

function show(value: Json | undefined): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value)
}
