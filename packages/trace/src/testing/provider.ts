import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as the server saw it. */
export interface SeenRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** A provider that answers as a test says. */
export interface Provider extends AsyncDisposable {
  readonly baseURL: string
  readonly requests: readonly SeenRequest[]
}

/** Starts a real server on a free port of this machine. `index` counts requests from 0. */
export async function startProvider(answer: (response: ServerResponse, request: SeenRequest, index: number) => void | Promise<void>): Promise<Provider> {
  const requests: SeenRequest[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    response.on('error', () => undefined)
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const request = { path: incoming.url ?? '', headers: incoming.headers, text: Buffer.concat(chunks).toString() }
      void answer(response, request, requests.push(request) - 1)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The events of a streamed reply with a text, in pieces, or with a call of a tool. */
export function replyStream(reply: { readonly texts?: readonly string[]; readonly call?: { readonly name: string; readonly input: unknown } }): string {
  const { texts = [], call } = reply
  const deltas = texts.map((content) => ({ content }) as object)
  const calls =
    call === undefined ? [] : [{ tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: call.name, arguments: JSON.stringify(call.input) } }] }]
  const chunks = [...deltas, ...calls].map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }] }) as object)
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
  chunks.push({ choices: [{ index: 0, delta: {}, finish_reason: call === undefined ? 'stop' : 'tool_calls' }] }, { choices: [], usage })
  return [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'].map((data) => `data: ${data}\n\n`).join('')
}

/** Answers with a stream, written in these pieces, each in a packet of its own. */
export async function sendStream(response: ServerResponse, pieces: readonly (string | Buffer)[], headers: Record<string, string> = {}): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
  for (const piece of pieces) {
    await new Promise<void>((resolve) => void response.write(piece, () => resolve()))
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  response.end()
}

interface Head {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | string[]>>
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, { status, headers = {} }: Head, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
