// A server of the newer protocol, by the server package, over HTTP. It prints its URL. The tool `change` adds `late` to the list, and `cut`
// breaks all connections.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server'

const anything = fromJsonSchema({ type: 'object' })
const text = (words) => ({ content: [{ type: 'text', text: words }] })
let isChanged = false
let cancelled = 0

const handler = createMcpHandler(({ era }) => {
  const server = new McpServer({ name: 'modern', version: '1' }, { capabilities: { tools: { listChanged: true } } })
  const add = (name, run) => server.registerTool(name, { description: `Tool ${name}.`, inputSchema: anything }, run)
  add('era', async () => text(`${era}, ${cancelled} cancelled`))
  add('report', async (_, { mcpReq }) => {
    await mcpReq.notify({ method: 'notifications/progress', params: { progressToken: mcpReq._meta.progressToken, progress: 1, total: 2 } })
    return text('reported')
  })
  add('hang', async (_, { mcpReq }) => {
    await once(mcpReq.signal, 'abort')
    cancelled++
    return text('')
  })
  add('change', async () => {
    isChanged = true
    handler.notify.toolsChanged()
    return text('changed')
  })
  add('cut', async () => {
    isChanged = false
    setTimeout(() => http.closeAllConnections(), 50)
    return text('cut')
  })
  if (isChanged) add('late', async () => text('late'))
  return server
})

const http = createServer(toNodeHandler(handler)).listen(0, '127.0.0.1')
await once(http, 'listening')
process.stdout.write(`http://127.0.0.1:${http.address().port}/mcp\n`)
