// A service: POST a question, get the run as server-sent events. A client that leaves stops its run; SIGTERM ends cleanly.
import { createServer, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { Agent, AgentError, type Run } from 'capstan'
import { exampleModel } from './support/example-model.ts'

const { model, close } = await exampleModel()
const agent = new Agent({ model, limits: { steps: 10, durationMs: 60_000 } })
const running = new Set<Run>()

async function answer(question: string, response: ServerResponse): Promise<void> {
  const run = agent.stream(question)
  running.add(run)
  response.on('close', () => run.abort(new Error('the client left')))
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  try {
    for await (const event of run) {
      // A slow client slows the run down instead of filling the memory.
      if (!response.write(`data: ${JSON.stringify(event)}\n\n`)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
    }
  } catch (error) {
    if (!AgentError.is(error)) throw error // the client has seen it as `run-error`
  } finally {
    running.delete(run)
    response.end()
  }
}

const server = createServer(async (request, response) => {
  if (request.method !== 'POST') return void response.writeHead(405).end()
  await answer(await text(request), response).catch(() => response.destroy())
})
server.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => console.log(JSON.stringify(server.address())))

process.once('SIGTERM', () => {
  server.close(() => void close())
  for (const run of running) run.abort(new Error('the service stops'))
  server.closeIdleConnections()
})
