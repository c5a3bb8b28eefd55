// A server in a process of its own, which a test kills: node server-process.mjs FOLDER PORT
// Its tool writes a line for each effect. In the first process it then never returns.
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { Agent } from '@capstan/core'
import { call, scriptedModel } from '@capstan/core/testing'
import { fileJournal, fileSessions } from '@capstan/durable'
import { agentServer } from '@capstan/server'

const [folder = '', port = '0'] = process.argv.slice(2)
const isFirst = !existsSync(join(folder, 'effects'))
const base = scriptedModel([])
const model = Object.assign(base, {
  stream: (request, options) => {
    const isAsked = request.messages.at(-1)?.role === 'tool'
    return scriptedModel([isAsked ? 'Charged.' : { text: 'I charge.', calls: [call('charge', { amount: 5 })] }]).stream(request, options)
  },
})
const charge = {
  name: 'charge',
  description: 'Charges.',
  inputSchema: { type: 'object' },
  effect: 'once',
  repeatable: false,
  needsApproval: false,
  check: (value) => ({ ok: true, value }),
  run: async () => {
    appendFileSync(join(folder, 'effects'), 'charged\n')
    if (isFirst) await new Promise(() => {})
    return { status: 'ok', text: 'charged' }
  },
}
const server = agentServer({
  agents: { cashier: new Agent({ model, tools: [charge] }) },
  journal: fileJournal(join(folder, 'runs')),
  sessions: fileSessions(join(folder, 'sessions')),
  maxDelayMs: 60_000,
})
process.send?.(await server.listen({ port: Number(port) }))
setInterval(() => {}, 60_000)
