import { AgentError, type ToolEffect } from '@capstan/core'
import { maxTools, minResultBytes } from './limits.ts'

const maxTimeoutMs = 2_147_483_647
const effects: readonly ToolEffect[] = ['read', 'idempotent', 'once']

/** What is checked of a tool before its schema. */
export interface Definition {
  readonly name: unknown
  readonly description: unknown
  readonly effect: ToolEffect
  readonly timeoutMs: number
  readonly maxResultBytes: number
  readonly retries: number
  readonly execute: unknown
}

/**
 * Checks a definition: JavaScript callers have no types, and types do not see lengths and ranges.
 *
 * @throws {AgentError} `invalid-tool`.
 */
export function checkDefinition(definition: Definition): void {
  const { name, description, effect, timeoutMs, maxResultBytes, retries } = definition
  checkName(name)
  const refuse = (pointer: string, message: string): never => {
    throw invalidTool(`Tool "${String(name)}": at ${pointer}, ${message}`)
  }
  checkDescription(name, description)
  if (typeof definition.execute !== 'function') refuse('/execute', 'a function is missing. Tools that run elsewhere are not supported.')
  if (!effects.includes(effect)) refuse('/effect', `expected ${effects.map((known) => `'${known}'`).join(', ')}, found ${JSON.stringify(effect)}.`)
  if (!isIntegerIn(timeoutMs, 1, maxTimeoutMs)) refuse('/timeoutMs', `expected whole milliseconds from 1 to ${maxTimeoutMs}, found ${String(timeoutMs)}.`)
  if (!isIntegerIn(maxResultBytes, minResultBytes, 2 ** 26))
    refuse('/maxResultBytes', `expected whole bytes from ${minResultBytes} to ${2 ** 26}, found ${String(maxResultBytes)}.`)
  if (!isIntegerIn(retries, 0, 10)) refuse('/retries', `expected a whole number from 0 to 10, found ${String(retries)}.`)
  if (retries > 0 && effect === 'once')
    refuse('/retries', "a tool with effect 'once' is never repeated. Declare effect 'read' or 'idempotent' if repeating a call is safe.")
}

/**
 * Checks a name against what both DeepSeek and Kimi take.
 *
 * @throws {AgentError} `invalid-tool`, with a name that would do.
 */
export function checkName(name: unknown): asserts name is string {
  if (typeof name !== 'string') throw invalidTool(`A tool has no name: at /name, expected a string, found ${name === null ? 'null' : typeof name}.`)
  const isReserved = name in Object.prototype
  if (/^[A-Za-z_][A-Za-z0-9_-]{2,63}$/.test(name) && !isReserved) return
  throw invalidTool(
    `Tool ${JSON.stringify(name.slice(0, 100))}: at /name, expected 3 to 64 letters, digits, "_" or "-", the first a letter or "_"${isReserved ? ', and no name of an object method' : ''}. Call it, for example, "${suggestName(name)}".`,
  )
}

/** @throws {AgentError} `invalid-tool`, when the model would not know what the tool is for. */
export function checkDescription(name: string, description: unknown): asserts description is string {
  if (typeof description === 'string' && description.trim() !== '') return
  throw invalidTool(`Tool "${name}": at /description, a description is missing. Say in a sentence what the tool does: the model chooses by it.`)
}

/**
 * Checks what only a set can get wrong: too many tools, and names that differ only in case, `-` and `_`, which models mix up.
 *
 * @throws {AgentError} `invalid-tool`.
 */
export function checkSet(names: readonly string[]): void {
  if (names.length > maxTools) {
    throw invalidTool(
      `${names.length} tools: a request may carry at most ${maxTools}. Offer a subset, or put related functions into one tool with an "action" property.`,
    )
  }
  const seen = new Map<string, string>()
  for (const [index, name] of names.entries()) {
    const key = name.toLowerCase().replaceAll('-', '_')
    const other = seen.get(key)
    if (other !== undefined)
      throw invalidTool(
        `Tool "${name}": at /${index}/name, there is ${other === name ? 'another tool of this name' : `also "${other}", which a model would mix up with it`}. Rename one of them.`,
      )
    seen.set(key, name)
  }
}

/** An error of a definition. */
export function invalidTool(message: string, cause?: unknown): AgentError {
  return new AgentError(message, { code: 'invalid-tool', cause })
}

function suggestName(name: string): string {
  const cleaned = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^[^A-Za-z]+/, '')
    .replace(/_+$/, '')
    .slice(0, 64)
  return cleaned.length >= 3 && !(cleaned in Object.prototype) ? cleaned : `${cleaned.slice(0, 59)}_tool`.replace(/^_/, 'my_')
}

function isIntegerIn(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && typeof value === 'number' && value >= min && value <= max
}
