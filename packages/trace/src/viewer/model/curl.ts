import { misleading } from './shown-text.ts'

/** A request as it was recorded. */
export interface WireRequest {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
  readonly bodyEncoding?: 'base64'
}

/** Headers that curl sets itself, or that belong to one connection. */
const ownHeaders = new Set(['host', 'connection', 'content-length', 'accept-encoding', 'transfer-encoding', 'authorization', 'cookie'])

/** The variable of the shell that the command takes the key from: a trace holds none. */
export const keyVariable = 'API_KEY'

/** A command for a POSIX shell that sends the request again. The key comes from the variable `API_KEY`. */
export function curlOf({ method, url, headers = {}, body, bodyEncoding }: WireRequest): string {
  const lines = [
    `curl --no-buffer --request ${quote(method)} ${quote(url)}`,
    `--header "Authorization: Bearer $${keyVariable}"`,
    ...Object.entries(headers)
      .filter(([name]) => !ownHeaders.has(name.toLowerCase()))
      .map(([name, value]) => `--header ${quote(`${name}: ${value}`)}`),
  ]
  if (bodyEncoding === 'base64') return [`printf %s ${quote(body)} | base64 -d | ${lines.join(' \\\n  ')}`, '--data-binary @-'].join(' \\\n  ')
  return [...lines, ...(body === '' ? [] : [`--data-raw ${quote(escapeControls(body))}`])].join(' \\\n  ')
}

/** Quotes a word for a POSIX shell: nothing in it is expanded. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

/** In JSON, an escape sequence is the same character: a terminal that the command is pasted into must not obey it. */
function escapeControls(json: string): string {
  return json.replace(misleading, (character) => {
    const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
  })
}
