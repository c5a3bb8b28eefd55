import type { ToolNameRule } from '@capstan/core'

/** The name of a call as it is sent. */
export type NameMap = (toolName: string) => string

/** What all endpoints accept. */
const safeName = /^[A-Za-z0-9_-]{1,64}$/
const unsafeCharacters = /[^A-Za-z0-9_-]/g

/** The rule as a regular expression for the complete name. */
export function namePattern({ pattern }: ToolNameRule): RegExp {
  return new RegExp(`^(?:${pattern})$`)
}

/**
 * One mapping for the names of tools and of calls in the history. A name that all endpoints accept, that this endpoint accepts or that a
 * tool of the request has, is sent unchanged. An invalid name from a model is changed, so that it does not make the history unsendable.
 *
 * @param rule - What the endpoint accepts.
 * @param offered - Names of the tools of the request.
 */
export function createNameMap(rule: ToolNameRule | undefined, offered: ReadonlySet<string>): NameMap {
  const pattern = rule === undefined ? safeName : namePattern(rule)
  return (name) => {
    if (safeName.test(name) || offered.has(name) || pattern.test(name)) return name
    return name.replace(unsafeCharacters, '_').slice(0, 64) || 'unknown'
  }
}
