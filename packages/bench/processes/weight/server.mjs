// A provider inside the process that counts: the bytes of its replies are made before anything is counted.
import { createServer } from 'node:http'

/**
 * @param {(request: number) => Buffer} replyOf The complete body of the response to each request, from 0.
 * @param {string} type Content type of all replies.
 */
export async function startServer(replyOf, type) {
  let requests = 0
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      const body = replyOf(requests++)
      response.writeHead(200, { 'content-type': type, 'content-length': body.length })
      response.end(body)
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return { baseURL: `http://127.0.0.1:${address.port}/v1`, close: () => server.closeAllConnections() ?? server.close() }
}

const head = '"id":"chatcmpl-1","created":1700000000,"model":"weight"'

/** @param {object} message */
export function wholeReply(message, finishReason) {
  return Buffer.from(`{${head},"object":"chat.completion","choices":[{"index":0,"message":${JSON.stringify(message)},"finish_reason":"${finishReason}"}]}`)
}

/** @param {readonly object[]} deltas */
export function streamedReply(deltas, finishReason) {
  const chunk = (delta, reason) =>
    `data: {${head},"object":"chat.completion.chunk","choices":[{"index":0,"delta":${JSON.stringify(delta)},"finish_reason":${JSON.stringify(reason)}}]}\n\n`
  return Buffer.from(`${deltas.map((delta) => chunk(delta, null)).join('')}${chunk({}, finishReason)}data: [DONE]\n\n`)
}
