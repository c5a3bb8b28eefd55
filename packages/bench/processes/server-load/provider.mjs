// A provider that writes each delta with the time at which it does: node provider.mjs DELTAS INTERVAL_MS
import { createServer } from 'node:http'

const [count = 0, intervalMs = 0] = process.argv.slice(2).map(Number)
const head = '"id":"1","object":"chat.completion.chunk","created":1700000000,"model":"bench"'
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let sent = 0
    const timer = setInterval(() => {
      if (++sent <= count) response.write(chunkOf(`t${now()}; some more words `))
      else {
        clearInterval(timer)
        response.end(
          `data: {${head},"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":9,"total_tokens":18}}\n\ndata: [DONE]\n\n`,
        )
      }
    }, intervalMs)
    response.on('close', () => clearInterval(timer))
  })
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => process.send?.(server.address()))
process.on('disconnect', () => process.exit())

function chunkOf(content) {
  return `data: {${head},"choices":[{"index":0,"delta":{"content":${JSON.stringify(content)}},"finish_reason":null}]}\n\n`
}

/** Milliseconds since the Unix epoch, with fractions: comparable between processes of one machine. */
function now() {
  return (performance.timeOrigin + performance.now()).toFixed(3)
}
