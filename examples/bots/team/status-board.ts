// An MCP server over standard input and output: a board with the state of services, kept in a file. A real one would ask your monitoring.
import { appendFileSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [file = 'restarts.log'] = process.argv.slice(2)
const services: Readonly<Record<string, string>> = { web: 'up', mail: 'up, 3 messages wait', 'db-1': 'down since 04:12' }
const inputSchema = { type: 'object', properties: { service: { type: 'string', enum: Object.keys(services) } }, required: ['service'] }
const tools = [
  { name: 'service_status', description: 'State of a service.', inputSchema, annotations: { readOnlyHint: true, openWorldHint: false } },
  { name: 'restart_service', description: 'Restarts a service.', inputSchema, annotations: { destructiveHint: true, openWorldHint: false } },
]

const calls: Readonly<Record<string, (service: string) => string>> = {
  service_status: (service) => `${service}: ${restarts().includes(service) ? 'up, restarted' : services[service]}`,
  restart_service(service) {
    appendFileSync(file, `${service}\n`)
    return `${service} was restarted.`
  },
}

function restarts(): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

function answer({ method, params }: { readonly method: string; readonly params: { readonly name: string; readonly arguments: { service: string } } }): object {
  if (method === 'initialize') return { result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'board', version: '1' } } }
  if (method === 'tools/list') return { result: { tools } }
  const call = method === 'tools/call' ? calls[params.name] : undefined
  if (call === undefined) return { error: { code: -32601, message: `There is no ${method}.` } }
  return { result: { content: [{ type: 'text', text: call(params.arguments.service) }] } }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, ...request } = JSON.parse(line)
  if (id !== undefined) process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer(request) })}\n`)
})
