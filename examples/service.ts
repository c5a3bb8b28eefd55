// A service: POST a question, get the reply as server-sent events. SIGTERM, or a client that disconnects, stops a run; work in progress completes.
import { createServer, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { Agent, AgentError, type Run, type RunEvent } from 'capstan'
import { exampleModel } from './support/example-model.ts'

const { model, close } = await exampleModel()
const agent = new Agent({ model, limits: { steps: 10, durationMs: 60_000 } })
const running = new Set<Run>()
const stop = (run: Run) => void run.stop({ graceMs: 8_000 })

// A browser gets what its page shows: no reasoning, no tool inputs, no ids. After `step-retry` the text of the step is void.
function publicEvent(event: RunEvent): object | undefined {
  if (event.type === 'text-delta') return { type: event.type, delta: event.delta }
  return event.type === 'run-end' ? { type: event.type, status: event.status } : event.type === 'step-retry' ? { type: event.type } : undefined
}

async function answer(run: Run, response: ServerResponse): Promise<void> {
  for await (const event of run) {
    const shown = publicEvent(event)
    if (shown === undefined || response.destroyed) continue
    // A slow client slows the run down instead of filling the memory.
    if (!response.write(`data: ${JSON.stringify(shown)}\n\n`)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
  }
}

const server = createServer(async (request, response) => {
  if (request.method !== 'POST') return void response.writeHead(405).end()
  const run = agent.stream(await text(request))
  running.add(run)
  response.on('close', () => stop(run)).writeHead(200, { 'content-type': 'text/event-stream' })
  const code = await answer(run, response).catch((error) => (AgentError.is(error) ? error.code : 'internal'))
  running.delete(run)
  response.end(code && `data: ${JSON.stringify({ type: 'run-error', code })}\n\n`)
})
server.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => console.log(JSON.stringify(server.address())))
process.once('SIGTERM', () => {
  for (const run of running) stop(run)
  server.close(() => void close()).closeIdleConnections()
})
