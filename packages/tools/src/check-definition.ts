import type { ToolEffect } from '@capstan/core'
import { checkToolDescription, checkToolEffect, checkToolFlow, checkToolName, refusedTool, type ToolFlow } from '@capstan/core/internal'
import { maxResultBytesLimit, minResultBytes } from './limits.ts'

const maxTimeoutMs = 2_147_483_647
const maxRetries = 10

/** The options of a tool that are checked before its schema. */
export interface Definition extends ToolFlow {
  readonly name: unknown
  readonly description: unknown
  readonly effect: ToolEffect
  readonly timeoutMs: number
  readonly maxResultBytes: number
  readonly retries: number
  readonly version: unknown
  readonly expiresInMs: unknown
  readonly pinned: unknown
  readonly execute: unknown
}

/**
 * Checks a definition at run time, because JavaScript callers have no types, and types do not express lengths and ranges.
 *
 * @throws {AgentError} `invalid-tool`.
 */
export function checkDefinition(definition: Definition): void {
  const { name, description, effect, timeoutMs, maxResultBytes, retries, version, expiresInMs, pinned } = definition
  checkToolName(name)
  checkToolDescription(name, description)
  checkToolEffect(name, effect)
  checkToolFlow(name, definition)
  const refuse = (pointer: string, message: string): never => {
    throw refusedTool(`Tool "${name}": at ${pointer}, ${message}`)
  }
  if (typeof definition.execute !== 'function') refuse('/execute', 'a function is missing. Tools that run elsewhere are not supported.')
  if (!isIntegerIn(timeoutMs, 1, maxTimeoutMs)) refuse('/timeoutMs', `expected whole milliseconds from 1 to ${maxTimeoutMs}, found ${String(timeoutMs)}.`)
  if (!isIntegerIn(maxResultBytes, minResultBytes, maxResultBytesLimit))
    refuse('/maxResultBytes', `expected whole bytes from ${minResultBytes} to ${maxResultBytesLimit}, found ${String(maxResultBytes)}.`)
  if (!isIntegerIn(retries, 0, maxRetries)) refuse('/retries', `expected a whole number from 0 to ${maxRetries}, found ${String(retries)}.`)
  if (version !== undefined && (typeof version !== 'string' || version === ''))
    refuse('/version', `expected a text such as '2', found ${JSON.stringify(version)}.`)
  if (expiresInMs !== undefined && !isIntegerIn(expiresInMs, 1, Number.MAX_SAFE_INTEGER))
    refuse('/expiresInMs', `expected whole milliseconds from 1, found ${String(expiresInMs)}.`)
  if (typeof pinned !== 'boolean' && pinned !== 'definition') refuse('/pinned', `expected true, false or 'definition', found ${JSON.stringify(pinned)}.`)
  if (retries > 0 && effect === 'once')
    refuse('/retries', "a tool with effect 'once' is never repeated. Declare effect 'read' or 'idempotent' if repeating a call is safe.")
}

function isIntegerIn(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && typeof value === 'number' && value >= min && value <= max
}
