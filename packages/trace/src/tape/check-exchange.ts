import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject, kindOf } from '@capstan/core/internal'
import type { ExchangeLine } from '../format/lines.ts'

/** A place in a line, what is there, and what should be. */
interface Check {
  readonly path: string
  readonly value: unknown
  readonly isRight: boolean
  readonly expected: string
}

/**
 * Checks what a replay uses of an exchange.
 *
 * @returns The exchange, or what is wrong with it, for people.
 */
export function checkExchange(line: JsonObject): { readonly exchange: ExchangeLine } | { readonly problem: string } {
  for (const checks of [requestChecks, responseChecks, chunkChecks, endChecks]) {
    const wrong = checks(line).find(({ isRight }) => !isRight)
    if (wrong !== undefined) return { problem: `\`${wrong.path}\` of the exchange must be ${wrong.expected}, not ${kindOf(wrong.value)}.` }
  }
  // Everything that is used was checked.
  return { exchange: line as unknown as ExchangeLine }
}

function requestChecks({ key, request }: JsonObject): readonly Check[] {
  const fields = isJsonObject(request) ? request : {}
  return [
    { path: 'request', value: request, isRight: isJsonObject(request), expected: 'an object' },
    ...['method', 'url', 'body'].map((name) => text(`request.${name}`, fields[name])),
    { path: 'request.url', value: fields['url'], isRight: URL.canParse(String(fields['url'])), expected: 'a URL' },
    number('request.at', fields['at']),
    ...(key === undefined ? [] : [text('key', key)]),
  ]
}

function responseChecks({ response }: JsonObject): readonly Check[] {
  // The exchange broke before there was one.
  if (response === undefined) return []
  const fields = isJsonObject(response) ? response : {}
  const headers = fields['headers']
  return [
    { path: 'response', value: response, isRight: isJsonObject(response), expected: 'an object' },
    { path: 'response.status', value: fields['status'], isRight: Number.isInteger(fields['status']), expected: 'a status' },
    number('response.at', fields['at']),
    { path: 'response.headers', value: headers, isRight: isJsonObject(headers), expected: 'an object' },
    ...Object.entries(isJsonObject(headers) ? headers : {}).map(([name, value]) => text(`response.headers.${name}`, value)),
  ]
}

const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/

function chunkChecks({ chunks }: JsonObject): readonly Check[] {
  if (!Array.isArray(chunks)) return [{ path: 'chunks', value: chunks, isRight: false, expected: 'a list' }]
  return chunks.map((value: Json, index) => {
    const [ms, base64] = Array.isArray(value) ? value : []
    const isRight = Number.isFinite(ms) && typeof base64 === 'string' && isBase64.test(base64)
    return { path: `chunks[${index}]`, value, isRight, expected: '[milliseconds, base64]' }
  })
}

function endChecks({ endAt, error }: JsonObject): readonly Check[] {
  if (error === undefined) return [number('endAt', endAt)]
  const fields = isJsonObject(error) ? error : {}
  return [
    number('endAt', endAt),
    { path: 'error', value: error, isRight: isJsonObject(error), expected: 'an object' },
    text('error.code', fields['code']),
    text('error.message', fields['message']),
  ]
}

function text(path: string, value: unknown): Check {
  return { path, value, isRight: typeof value === 'string', expected: 'a text' }
}

function number(path: string, value: unknown): Check {
  return { path, value, isRight: Number.isFinite(value), expected: 'a number' }
}
