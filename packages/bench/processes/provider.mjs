// The mock provider: a process of its own, so that its work is not the client's.
// The path names the script (`/loop-10/v1/chat/completions`); the step is the number of assistant messages in the request.
import { createServer } from 'node:http'
import { argv } from 'node:process'
import { scriptOf, toolName } from './scripts.mjs'

const writeBytes = 16 * 1024
const head = '"created":1700000000,"model":"bench"'
const usage = '"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120}'
const assistant = Buffer.from('"role":"assistant"')
const wantsStream = Buffer.from('"stream":true')

/** @type {Map<string, ReturnType<typeof serialise>>} */
const scripts = new Map()
/** @type {string[]} */
const recorded = []

const server = createServer((request, response) => {
  const [, name = '', rest = ''] = (request.url ?? '').split('/')
  if (name === 'recorded') response.end(JSON.stringify(recorded.splice(0)))
  else if (name === 'replies') response.end(JSON.stringify(scriptOf(rest).replies))
  else respond(name, request, response)
})

function respond(name, request, response) {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
    const script = find(name)
    if (script.isRecorded) recorded.push(body.toString('utf8'))
    const reply = script.replies[Math.min(countOf(body), script.replies.length - 1)]
    const send = () => (body.includes(wantsStream) ? stream(response, reply, script.isPaced) : whole(response, reply))
    if (script.delayMs > 0) setTimeout(send, script.delayMs)
    else send()
  })
}

// Idle contenders keep their sockets from round to round.
server.keepAliveTimeout = Number(argv[2] ?? 120_000)
server.requestTimeout = 0
server.headersTimeout = 0
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => process.send?.(server.address()))
process.on('disconnect', () => process.exit())

function find(name) {
  let script = scripts.get(name)
  if (script === undefined) {
    script = serialise(scriptOf(name))
    scripts.set(name, script)
  }
  return script
}

function countOf(body) {
  let count = 0
  for (let at = body.indexOf(assistant); at !== -1; at = body.indexOf(assistant, at + assistant.length)) count++
  return count
}

function whole(response, reply) {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': reply.whole.length })
  response.end(reply.whole)
}

function stream(response, reply, isPaced) {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  if (isPaced) return pace(response, reply.events, 0)
  for (const part of reply.parts) response.write(part)
  response.end()
}

function pace(response, events, index) {
  if (index === events.length) return response.end()
  response.write(events[index])
  setTimeout(pace, 1 + (index % 2), response, events, index + 1)
}

/** @param {import('./scripts.mjs').Script} script */
function serialise({ replies, fragmentBytes = 16, delayMs = 0, isPaced = false, isRecorded = false }) {
  return {
    delayMs,
    isPaced,
    isRecorded,
    replies: replies.map((reply, index) => {
      // Some frameworks take two replies with one id for the same reply.
      const id = `chatcmpl-${index}`
      const events = eventsOf(reply, id, fragmentBytes).map((text) => Buffer.from(`data: ${text}\n\n`))
      return { whole: Buffer.from(wholeOf(reply, id)), events, parts: partsOf(Buffer.concat(events)) }
    }),
  }
}

function partsOf(bytes) {
  return Array.from({ length: Math.ceil(bytes.length / writeBytes) }, (_, index) => bytes.subarray(index * writeBytes, (index + 1) * writeBytes))
}

/** @param {import('./scripts.mjs').Reply} reply */
function wholeOf({ calls, deltas, reasoning }, id) {
  const message = {
    role: 'assistant',
    content: deltas?.join('') ?? null,
    ...(reasoning && { reasoning_content: reasoning.join('') }),
    ...(calls && { tool_calls: calls.map(({ id, text }) => ({ id, type: 'function', function: { name: toolName, arguments: text } })) }),
  }
  const reason = calls ? 'tool_calls' : 'stop'
  return `{"id":"${id}","object":"chat.completion",${head},"choices":[{"index":0,"message":${JSON.stringify(message)},"finish_reason":"${reason}"}],${usage}}`
}

/** @param {import('./scripts.mjs').Reply} reply */
function eventsOf({ calls = [], deltas = [], reasoning = [] }, id, fragmentBytes) {
  const inner = [
    { role: 'assistant', content: '' },
    ...reasoning.map((reasoning_content) => ({ reasoning_content })),
    ...deltas.map((content) => ({ content })),
    ...calls.flatMap((call, index) => fragmentsOf(call, index, fragmentBytes)),
  ]
  const event = (delta, reason) =>
    `{"id":"${id}","object":"chat.completion.chunk",${head},"choices":[{"index":0,"delta":${JSON.stringify(delta)},"finish_reason":${JSON.stringify(reason)}}]}`
  return [
    ...inner.map((delta) => event(delta, null)),
    event({}, calls.length > 0 ? 'tool_calls' : 'stop'),
    `{"id":"${id}","object":"chat.completion.chunk",${head},"choices":[],${usage}}`,
    '[DONE]',
  ]
}

function fragmentsOf({ id, text }, index, size) {
  const first = { tool_calls: [{ index, id, type: 'function', function: { name: toolName, arguments: '' } }] }
  const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, piece) => text.slice(piece * size, (piece + 1) * size))
  return [first, ...pieces.map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] }))]
}
