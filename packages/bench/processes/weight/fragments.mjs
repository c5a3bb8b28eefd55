// Reads the arguments of one call in ever more fragments and counts the characters and bytes that are worked on. Prints them as JSON.
import { Agent, openaiCompatible, tool } from 'capstan'
import { startServer, streamedReply } from './server.mjs'

const fragmentBytes = 16
const counts = process.argv.slice(2).map(Number)
const last = streamedReply([{ role: 'assistant', content: 'Done.' }], 'stop')

function replyOf(count) {
  const text = JSON.stringify({ text: 'x'.repeat(count * fragmentBytes) })
  const pieces = Array.from({ length: Math.ceil(text.length / fragmentBytes) }, (_, index) => text.slice(index * fragmentBytes, (index + 1) * fragmentBytes))
  const call = { index: 0, id: 'call_0', type: 'function', function: { name: 'work', arguments: '' } }
  return streamedReply(
    [{ role: 'assistant', tool_calls: [call] }, ...pieces.map((piece) => ({ tool_calls: [{ index: 0, function: { arguments: piece } }] }))],
    'tool_calls',
  )
}

/** What was worked on: characters parsed, written, joined and searched; bytes decoded and joined. */
let worked = 0

function watch(target, name, amountOf) {
  const original = target[name]
  target[name] = function (...args) {
    const result = Reflect.apply(original, this, args)
    worked += amountOf(this, args, result)
    return result
  }
  return () => {
    target[name] = original
  }
}

async function workOf(count) {
  const reply = replyOf(count)
  const server = await startServer((request) => (request === 0 ? reply : last), 'text/event-stream')
  const work = tool({ name: 'work', description: 'Works.', inputSchema: { type: 'object' }, effect: 'read', execute: () => 'ok' })
  const agent = new Agent({ model: openaiCompatible({ baseURL: server.baseURL, model: 'weight' }), tools: [work] })
  worked = 0
  const ends = [
    watch(JSON, 'parse', (_, [text]) => String(text).length),
    watch(JSON, 'stringify', (_, __, json) => json?.length ?? 0),
    watch(Buffer, 'concat', (_, __, bytes) => bytes.length),
    watch(Buffer.prototype, 'toString', (_, __, text) => text.length),
    watch(Array.prototype, 'join', (_, __, text) => text.length),
    watch(String.prototype, 'replace', (text) => text.length),
    watch(String.prototype, 'trim', (text) => text.length),
    watch(RegExp.prototype, 'test', (_, [text]) => String(text).length),
    watch(RegExp.prototype, 'exec', (_, [text]) => String(text).length),
  ]
  const run = agent.stream('Go.')
  let deltas = 0
  run.on('tool-call-delta', () => deltas++)
  await run.result
  for (const end of ends) end()
  server.close()
  if (deltas < count) throw new Error(`${deltas} fragments came, not ${count}.`)
  return worked
}

// The first run loads modules.
await workOf(10)
const found = []
for (const count of counts) found.push({ fragments: count, worked: await workOf(count) })
console.log(JSON.stringify(found))
process.exit()
