import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { badRequest, Refusal } from './refusal.ts'

/** Limits of a body. */
export interface BodyLimits {
  readonly maxBodyBytes: number
  readonly bodyTimeoutMs: number
}

/** Deeper values would exhaust the stack of code that walks through them. */
const maxDepth = 64

/**
 * Reads the body of a request as a JSON object.
 *
 * @throws {Refusal} 415 for another type, which is also what forms of other sites send; 413 and 408 beyond the limits; 400 for what is not a JSON object.
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<JsonObject> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/json\s*(?:;\s*charset=utf-?8\s*)?$/i.test(type)) {
    throw new Refusal(415, ['unsupported-media-type', 'The body must be JSON: send `content-type: application/json`.'])
  }
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding !== 'identity') throw new Refusal(415, ['unsupported-media-type', 'A compressed body is not read.'])
  const value = parse(await readText(request, limits))
  if (!isJsonObject(value)) throw badRequest('The body must be a JSON object.')
  return value
}

/** @throws {Refusal} 400 for a field that nobody knows: it names it. */
export function refuseUnknown(body: JsonObject, fields: readonly string[]): void {
  const unknown = Object.keys(body).find((name) => !fields.includes(name))
  if (unknown === undefined) return
  throw badRequest(`\`${unknown.slice(0, 100)}\` is not a field of this request. Its fields are: ${fields.join(', ')}.`)
}

async function readText(request: Request, { maxBodyBytes, bodyTimeoutMs }: BodyLimits): Promise<string> {
  const tooLarge = (): Refusal => new Refusal(413, ['body-too-large', `The body may have ${maxBodyBytes} bytes at most.`], { headers: { connection: 'close' } })
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw tooLarge()
  const reader = request.body?.getReader()
  if (reader === undefined) return ''
  const late = new Refusal(408, ['body-timeout', 'The body took too long to arrive.'], { headers: { connection: 'close' } })
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late), bodyTimeoutMs)
  })
  try {
    const chunks: Uint8Array[] = []
    let bytes = 0
    for (;;) {
      const { value, done } = await Promise.race([reader.read(), timeout])
      if (done) return decode(chunks)
      bytes += value.byteLength
      if (bytes > maxBodyBytes) throw tooLarge()
      chunks.push(value)
    }
  } finally {
    clearTimeout(timer)
    reader.cancel().catch(() => undefined)
  }
}

function decode(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode()
  } catch {
    throw badRequest('The body is not UTF-8.')
  }
}

function parse(text: string): Json {
  if (depthOf(text) > maxDepth) throw badRequest(`The body may be nested ${maxDepth} levels deep at most.`)
  try {
    return JSON.parse(text) as Json
  } catch {
    throw badRequest('The body is not JSON.')
  }
}

/** How deep brackets are nested outside of texts. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0]
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{\]}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth)
    else if (token === ']' || token === '}') depth--
  }
  return deepest
}
