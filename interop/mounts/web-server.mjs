// Serves an agent with the web-standard server of Deno, Bun or Node: the handlers need nothing else. Prints its port.

import { fileJournal, fileSessions } from '@capstan/durable'
import { agentServer } from '@capstan/server'
import { chatHandlers } from '@capstan/server/ai-sdk'
import { makeClerk } from '../ai-sdk/clerk.ts'

const { Bun, Deno } = globalThis
const [folder] = Deno ? Deno.args : process.argv.slice(2)
const clerk = makeClerk()
const server = agentServer({
  agents: { clerk: clerk.agent },
  journal: fileJournal(`${folder}/journal`),
  sessions: fileSessions(`${folder}/sessions`),
  authorize: (request) => (request.headers.get('authorization') === 'Bearer ann' ? { id: 'ann' } : undefined),
  basePath: '/api/agents',
  maxDelayMs: 60_000,
})
const chat = chatHandlers(server, { version: 7 })
const fetch = async (request) => {
  if (request.url.endsWith('/gate')) return new Response(String(clerk.gate.open()))
  return await (chat.handles(request) ? chat : server).fetch(request)
}
// Bun closes connections that are idle for 10 seconds, and a stream may say nothing for longer.
const options = { port: 0, hostname: '127.0.0.1', idleTimeout: 0 }
const say = (port) => process.stdout.write(`port ${port}\n`)
if (Bun) say(Bun.serve({ ...options, fetch }).port)
else Deno.serve({ ...options, onListen: ({ port }) => say(port) }, fetch)
