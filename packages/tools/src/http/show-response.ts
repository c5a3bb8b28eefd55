import { capText, formatCount } from '@capstan/core/internal'
import { showInLine } from '../files/show-text.ts'

/** What the model is shown of a response. */
export interface ShownResponse {
  readonly method: string
  /** The URL of the response, after redirects. */
  readonly url: string
  readonly status: number
  readonly statusText: string
  /** The URLs that led here by redirects. */
  readonly via: readonly string[]
  /** Further lines: a name and a value of the server. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly notes: readonly string[]
  /** The content, and what it is; `undefined` if none is shown. */
  readonly content?: { readonly text: string; readonly form: string }
}

const maxLineBytes = 1_000

/**
 * Formats a response: lines about it, then a blank line and the content. Everything that a server wrote before the content is kept on its
 * line, so that it forges no other line.
 */
export function showResponse(shown: ShownResponse): string {
  const { method, url, status, statusText, via, headers, notes, content } = shown
  const lines = [
    `${method} ${inLine(url)}`,
    `status: ${status}${statusText === '' ? '' : ` ${inLine(statusText)}`}`,
    ...via.map((from) => `redirected from: ${inLine(from)}`),
    ...headers.map(([name, value]) => `${name}: ${inLine(value)}`),
    ...notes.map((note) => `note: ${note}`),
  ]
  if (content === undefined) return lines.join('\n')
  if (content.text === '') return [...lines, 'content: empty'].join('\n')
  return `${[...lines, `content, ${formatCount(content.text.length)} characters, ${content.form}:`].join('\n')}\n\n${content.text}`
}

/** A text of a server for one line of bounded length. */
export function inLine(text: string): string {
  return showInLine(capText(text, maxLineBytes))
}
