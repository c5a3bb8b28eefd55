/** How the content of a response is shown; `undefined` if it is not text. */
export type ContentKind = 'html' | 'json' | 'text'

/** A content type, as the server sent it. */
export interface ContentType {
  /** `type/subtype` in lower case; empty if there is none. */
  readonly mime: string
  readonly charset: string | undefined
}

const textTypes = new Set([
  ...[
    'xml',
    'javascript',
    'ecmascript',
    'x-javascript',
    'x-ndjson',
    'ndjson',
    'jsonl',
    'yaml',
    'x-yaml',
    'toml',
    'graphql',
    'sql',
    'x-sh',
    'x-www-form-urlencoded',
  ].map((name) => `application/${name}`),
  'message/http',
])

/** Parses the header `Content-Type`. */
export function parseContentType(header: string | undefined): ContentType {
  const [mime = '', ...parameters] = (header ?? '').split(';')
  const charset = parameters.map((parameter) => /^\s*charset\s*=\s*"?([\w.:-]+)"?\s*$/i.exec(parameter)?.[1]).find((found) => found !== undefined)
  return { mime: mime.trim().toLowerCase(), charset }
}

/** How content of this type is shown. */
export function contentKindOf(mime: string): ContentKind | undefined {
  if (mime === 'text/html' || mime === 'application/xhtml+xml') return 'html'
  if (mime === 'application/json' || mime === 'text/json' || /^[\w.-]+\/[\w.+-]*\+json$/.test(mime)) return 'json'
  const isText = mime.startsWith('text/') || textTypes.has(mime) || /\+(?:xml|yaml)$/.test(mime)
  // Without a type, the content decides: what is not text has characters that text has not.
  return isText || mime === '' ? 'text' : undefined
}

/** True for a text that has characters of a binary format. */
export function looksBinary(text: string): boolean {
  return text.includes('\0') || text.startsWith('%PDF-')
}
