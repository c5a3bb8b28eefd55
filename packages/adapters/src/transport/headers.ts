import type { DispatchHeaders } from '@capstan/core'

/** Headers by lower-case name, each with one text. */
export function textHeaders(headers: DispatchHeaders): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    texts[name.toLowerCase()] = typeof value === 'string' ? value : (value?.join(', ') ?? '')
  }
  return texts
}

/** The encoding of a body; empty where the headers name none. */
export function encodingOf(headers: Readonly<Record<string, string>>): string {
  return headers['content-encoding']?.trim().toLowerCase() ?? ''
}
