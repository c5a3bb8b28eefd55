import type { IncomingMessage } from 'node:http'
import { formatCount } from '@capstan/core/internal'
import { decodeText } from './charset.ts'
import { contentKindOf, looksBinary, parseContentType } from './content-type.ts'
import { toMarkdown } from './markdown.ts'
import { readBody } from './read-body.ts'
import type { ShownResponse } from './show-response.ts'

/** How contents are read. */
export interface ReadingOptions {
  readonly html: 'markdown' | 'source'
  readonly maxBytes: number
  /** When the call ends, in milliseconds of `performance.now()`. */
  readonly endsAt: number
  /** The base of relative links. */
  readonly url: string
  readonly signal: AbortSignal
}

/** What is shown of a body. */
export type ShownContent = Pick<ShownResponse, 'notes' | 'content'>

const maxMarkdownLength = 4_000_000
/** Time for passing on what was converted. */
const reserveMs = 250

/** Reads the body of a response as text. A body that is not text is not read. */
export async function readContent(message: IncomingMessage, options: ReadingOptions): Promise<ShownContent> {
  const { mime, charset } = parseContentType(message.headers['content-type'])
  const kind = contentKindOf(mime)
  if (kind === undefined) {
    message.destroy()
    return { notes: ['the body was not read, because this type is not text: only HTML, JSON and other text is shown'] }
  }
  const { bytes, isCut } = await readBody(message, options.maxBytes)
  const decoded = decodeText(bytes, { declared: charset, isHtml: kind === 'html', isCut })
  const notes = isCut ? [`the body is longer than ${formatCount(options.maxBytes)} bytes; this is its beginning`] : []
  if (looksBinary(decoded.text)) return { notes: [...notes, 'the body is not shown, because it is not text'] }
  if (kind === 'html' && options.html === 'markdown') return await markdownOf(decoded.text, { ...options, notes })
  const problem = kind === 'json' && !isCut && !isJson(decoded.text) ? ' that is not valid' : ''
  return { notes, content: { text: decoded.text, form: `${kind === 'text' ? 'text' : kind.toUpperCase()}${problem}` } }
}

async function markdownOf(html: string, { notes, url, endsAt, signal }: ReadingOptions & { readonly notes: readonly string[] }): Promise<ShownContent> {
  const maxMs = Math.max(1, Math.floor(endsAt - performance.now() - reserveMs))
  const { text, note } = await toMarkdown({ html, url, maxMs, maxLength: maxMarkdownLength, signal })
  return { notes: [...notes, ...(note === undefined ? [] : [note])], content: { text, form: 'HTML as Markdown' } }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
