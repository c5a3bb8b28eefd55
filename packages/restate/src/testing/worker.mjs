// A worker in a process of its own: its agent calls one idempotent tool, which writes down that it runs, and ends in the second run only.
import { appendFileSync, openSync } from 'node:fs'
import { createServer } from 'node:http2'
import { Agent } from '@capstan/core'
import { agentWorkflow, createEndpointHandler } from '@capstan/restate'

const [name, file] = process.argv.slice(2)

const model = {
  id: 'test/worker',
  traits: { tools: true, toolChoices: [], candidates: 1 },
  async *stream({ messages }) {
    const call = { type: 'tool-call', toolCallId: 'call_0', toolName: 'work', inputText: '{}' }
    const isFirst = messages.length === 1
    const message = { role: 'assistant', content: isFirst ? [call] : [{ type: 'text', text: 'Done.' }] }
    yield [{ type: 'reply', reply: { message, finishReason: isFirst ? 'tool-calls' : 'stop', atOutputLimit: false, usage: {}, response: {} } }]
  },
  complete: () => Promise.reject(new Error('not used')),
}

const work = {
  name: 'work',
  description: 'Works.',
  inputSchema: { type: 'object' },
  effect: 'idempotent',
  repeatable: false,
  needsApproval: false,
  validate: async () => ({ ok: true }),
  async run(_input, { idempotencyKey }) {
    const isFirst = isFirstRun()
    appendFileSync(file, `${process.pid} ${idempotencyKey}\n`)
    if (isFirst) await new Promise(() => {})
    return { status: 'ok', text: 'worked' }
  },
}

function isFirstRun() {
  try {
    openSync(`${file}.first`, 'wx')
    return true
  } catch {
    return false
  }
}

const services = [agentWorkflow(new Agent({ model, tools: [work] }), { name })]
const server = createServer(createEndpointHandler({ services, logger: () => {} }))
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
