import { fileJournal, fileSessions } from '@capstan/durable'
import { agentServer } from '@capstan/server'
import { chatHandlers } from '@capstan/server/ai-sdk'
import { makeClerk } from '../ai-sdk/clerk.ts'

function make() {
  const folder = process.env.CAPSTAN_FOLDER
  const clerk = makeClerk()
  const server = agentServer({
    agents: { clerk: clerk.agent },
    journal: fileJournal(`${folder}/journal`),
    sessions: fileSessions(`${folder}/sessions`),
    authorize: (request) => (request.headers.get('authorization') === 'Bearer ann' ? { id: 'ann' } : undefined),
    basePath: '/api/agents',
    maxDelayMs: 60_000,
  })
  return { clerk, server, chat: chatHandlers(server, { version: 7 }) }
}

// Each route may be a module graph of its own, so the one server of the process is kept where all of them find it.
globalThis.capstanServer ??= make()
export const { clerk, server, chat } = globalThis.capstanServer
