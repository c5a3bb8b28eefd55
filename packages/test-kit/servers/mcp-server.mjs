// A server over standard input and output, written without a package, so that it can break each rule. `SCRIPT` names what it does.
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { hostileTools } from './hostile-tools.mjs'

const script = process.env.SCRIPT ?? 'plain'
const object = { type: 'object', properties: { text: { type: 'string' } } }
let tools = [
  { name: 'echo', description: 'Returns its text.', inputSchema: object },
  { name: 'environment', description: 'Names of all variables.', inputSchema: object },
  { name: 'crash', description: 'Ends the server.', inputSchema: object },
  { name: 'hang', description: 'Never answers.', inputSchema: object },
  { name: 'huge', description: 'Answers with 100 MB.', inputSchema: object },
  { name: 'change', description: 'Changes the list of tools.', inputSchema: object },
  { name: 'escapes', description: 'Answers with \u001b[2J\u001b[31mterminal escapes\u202e.', inputSchema: object },
]
if (script === 'hostile') tools = [...tools, ...hostileTools()]
if (script === 'many')
  tools = Array.from({ length: 5_000 }, (_, index) => ({ name: `tool_${index}`, description: `Does thing number ${index}.`, inputSchema: object }))
if (script === 'flood-stderr') setInterval(() => process.stderr.write('x'.repeat(1_000_000)), 1)
if (script === 'stubborn') process.on('SIGTERM', () => {})
if (script === 'stubborn') setInterval(() => {}, 1_000)
if (script === 'exit') {
  process.stderr.write('\u001b[31mThe key is missing.\u001b[0m\n')
  process.exit(3)
}
const log = (text) => process.env.LOG && appendFileSync(process.env.LOG, `${text}\n`)
const deepText = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message }).replace('"DEEP"', () => deepText)}\n`)
const reply = (id, result) => send({ id, result })
log('start')
log(`process ${process.pid}`)
if (script === 'child') log(`process ${spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }).pid}`)

const calls = {
  echo: (id, { text = '' }) => reply(id, { content: [{ type: 'text', text: `echo ${text}` }] }),
  environment: (id) => reply(id, { content: [{ type: 'text', text: Object.keys(process.env).sort().join(' ') }] }),
  crash: () => process.exit(7),
  hang: () => {},
  huge: (id) => {
    process.stdout.write(`{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"`)
    for (let index = 0; index < 100; index++) process.stdout.write('x'.repeat(1_000_000))
    process.stdout.write('"}]}}\n')
  },
  change: (id) => {
    tools = [...tools.filter(({ name }) => name !== 'echo'), { name: 'late', description: 'Came later.', inputSchema: object }]
    send({ method: 'notifications/tools/list_changed' })
    reply(id, { content: [{ type: 'text', text: 'changed' }] })
  },
  late: (id) => reply(id, { content: [{ type: 'text', text: 'late' }] }),
  escapes: (id) => reply(id, { content: [{ type: 'text', text: '\u001b[2J\u001b]0;title\u0007danger\r\u202e' }] }),
}

function answer({ id, method, params }) {
  if (method === 'notifications/cancelled') log(`cancelled ${params.reason}`)
  if (id === undefined) return
  if (script === 'silent') return
  if (script === 'ends-at-probe' && method === 'server/discover') process.exit(1)
  if (method === 'initialize') {
    const capabilities = { tools: { listChanged: true } }
    return reply(id, { protocolVersion: params.protocolVersion, capabilities, serverInfo: { name: 'Test Server', version: '1' } })
  }
  if (method === 'tools/list') return reply(id, pageOf(params?.cursor))
  if (method === 'tools/call') {
    log(`call ${params.name}`)
    return (calls[params.name] ?? calls.echo)(id, params.arguments ?? {})
  }
  send({ id, error: { code: -32601, message: `There is no method ${method}` } })
}

/** A hundred tools on each page. */
function pageOf(cursor = '0') {
  const from = Number(cursor)
  if (script === 'endless') return { tools, nextCursor: '0' }
  return { tools: tools.slice(from, from + 100), ...(from + 100 < tools.length && { nextCursor: String(from + 100) }) }
}

if (script === 'noise') process.stdout.write('Server is starting ...\n{"not": "a message"}\n')
createInterface({ input: process.stdin }).on('line', (line) => answer(JSON.parse(line)))
