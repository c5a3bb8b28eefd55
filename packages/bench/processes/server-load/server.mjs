// The server under load: node server.mjs BASE_URL STREAMS [FOLDER]. With a folder its runs are in a journal.
import { agentServer } from '@capstan/server'
import { Agent, evolink, fileJournal } from 'capstan'

const [baseURL = '', streams, folder] = process.argv.slice(2)
const agent = new Agent({ model: evolink('kimi-k2-thinking', { baseURL, apiKey: 'none' }) })
const most = Number(streams) + 10
const server = agentServer({
  agents: { bench: agent },
  ...(folder && { journal: fileJournal(folder) }),
  maxRuns: most,
  maxStreams: most,
  // What it costs is measured, not what it refuses.
  maxDelayMs: 60_000,
  rate: { runsAtOnce: most, runsPerMinute: 100_000, requestsPerMinute: 100_000, streamsAtOnce: most },
  onError: (error) => console.error(error),
})
const { port } = await server.listen()
process.send?.({ port })
process.on('message', () => {
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  process.send?.({ rss, heapUsed, external, cpu: process.cpuUsage() })
})
process.on('disconnect', () => process.exit(0))
