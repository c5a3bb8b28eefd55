// Makes a run of 50 steps and counts how often each message is written as JSON. Prints the counts as JSON.
import { Agent, openaiCompatible, tool } from 'capstan'
import { startServer, wholeReply } from './server.mjs'

const steps = 50
const numbers = Array.from({ length: steps - 1 }, (_, index) => index)
const replies = numbers.map((step) => {
  const call = { id: `call_${step}`, type: 'function', function: { name: 'work', arguments: `{"mark":"argument-${step}-"}` } }
  return wholeReply({ role: 'assistant', content: `text-${step}-`, reasoning_content: `thought-${step}-`, tool_calls: [call] }, 'tool_calls')
})
const last = wholeReply({ role: 'assistant', content: 'Done.' }, 'stop')
const server = await startServer((request) => replies[request] ?? last, 'application/json')

/** @type {Map<string, number>} */
const counts = new Map()
const stringify = JSON.stringify
const mark = /(?:prompt|argument|text|thought|result)-\d+-/g
JSON.stringify = (...args) => {
  // The functions of the module are called with what JSON.stringify takes.
  const json = stringify(.../** @type {[unknown]} */ (args))
  for (const [found] of json?.matchAll(mark) ?? []) counts.set(found, (counts.get(found) ?? 0) + 1)
  return json
}

let calls = 0
const agent = new Agent({
  model: openaiCompatible({ baseURL: server.baseURL, model: 'weight', stream: false }),
  tools: [tool({ name: 'work', description: 'Works.', inputSchema: { type: 'object' }, effect: 'read', execute: () => `result-${calls++}-` })],
  limits: { steps: steps + 1, toolCalls: steps },
})
const result = await agent.generate('prompt-0-')
JSON.stringify = stringify
server.close()
if (result.steps.length !== steps) throw new Error(`The run has ${result.steps.length} steps, not ${steps}.`)
const kinds = ['prompt', 'argument', 'text', 'thought', 'result']
const most = kinds.map((kind) => [kind, Math.max(...[...counts].map(([name, count]) => (name.startsWith(`${kind}-`) ? count : 0)))])
console.log(stringify(Object.fromEntries(most)))
process.exit()
