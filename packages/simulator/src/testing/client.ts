import { connect } from 'node:net'
import type { Json, JsonObject } from '../json.ts'
import { asArray, asObject, parseJson } from '../json.ts'

/** The messages of a request, for requests that need some. */
export const userMessages: readonly JsonObject[] = [{ role: 'user', content: 'Hello.' }]

/** A tool definition with string parameters, all required. */
export function stringTool(name: string, ...parameters: readonly string[]): JsonObject {
  const properties = Object.fromEntries(parameters.map((parameter) => [parameter, { type: 'string', description: parameter }]))
  return { type: 'function', function: { name, description: `The tool ${name}.`, parameters: { type: 'object', properties, required: parameters } } }
}

/** Sends a chat completion request; `model` and `messages` have defaults. */
export function post(baseURL: string, body: JsonObject = {}, init: RequestInit = {}): Promise<Response> {
  return fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'deepseek-chat', messages: userMessages, ...body }),
    ...init,
  })
}

/** Sends a request and reads its JSON body. */
export async function postJson(baseURL: string, body: JsonObject = {}): Promise<{ readonly status: number; readonly body: JsonObject }> {
  const response = await post(baseURL, body)
  return { status: response.status, body: asObject(parseJson(await response.text())) }
}

/** The message of an error body. */
export function errorMessage(body: JsonObject): string {
  return String(asObject(body['error'])['message'])
}

/** The first choice of a body or a chunk. */
export function firstChoice(body: Json | undefined): JsonObject {
  return asObject(asArray(asObject(body)['choices'])[0])
}

/** The message of the first choice. */
export function firstMessage(body: Json | undefined): JsonObject {
  return asObject(firstChoice(body)['message'])
}

/** The payloads of a stream's data lines, without the end mark. */
export function payloads(text: string): readonly JsonObject[] {
  return text
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith('data: {'))
    .map((line) => asObject(parseJson(line.slice('data: '.length))))
}

/** Sends a streamed request and reads its chunks. */
export async function postStream(baseURL: string, body: JsonObject = {}): Promise<readonly JsonObject[]> {
  const response = await post(baseURL, { stream: true, ...body })
  return payloads(await response.text())
}

/** What was received on a plain socket, and how the connection ended. */
export interface RawExchange {
  readonly text: string
  readonly end: 'fin' | 'reset'
}

/** Sends a request on a new socket and reads until the server ends the connection. */
export function postRaw(baseURL: string, body: JsonObject = {}): Promise<RawExchange> {
  const { hostname, port } = new URL(baseURL)
  const content = JSON.stringify({ model: 'deepseek-chat', messages: userMessages, ...body })
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    `host: ${hostname}:${port}`,
    'authorization: Bearer key',
    'connection: close',
    `content-length: ${Buffer.byteLength(content)}`,
  ]
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    const settle = (end: RawExchange['end']): void => resolve({ text: Buffer.concat(pieces).toString('utf8'), end })
    const socket = connect(Number(port), hostname, () => socket.write(`${head.join('\r\n')}\r\n\r\n${content}`))
    socket.on('data', (piece) => pieces.push(piece))
    socket.on('error', () => settle('reset'))
    socket.on('end', () => {
      socket.end()
      settle('fin')
    })
  })
}
