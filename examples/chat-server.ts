// The back end of a page with `useChat` of the AI SDK: chats that are kept, a tool that a person approves, answers that survive a reload.
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { agentServer } from '@capstan/server'
import { chatHandlers } from '@capstan/server/ai-sdk'
import { nodeHandler } from '@capstan/server/node'
import { calculator } from '@capstan/tools/calculator'
import { Agent, fileJournal, fileSessions } from 'capstan'
import { exampleModel } from './support/example-model.ts'

const { model } = await exampleModel()
const folder = process.env['CHATS'] ?? mkdtempSync(`${tmpdir()}/chats-`)

// region server
const server = agentServer({
  agents: { support: new Agent({ model, tools: [calculator] }) },
  journal: fileJournal(`${folder}/runs`), // runs survive the process, and wait for people
  sessions: fileSessions(`${folder}/sessions`), // each chat is a session
})
const chat = chatHandlers(server, { version: 7 }) // the major version of the package `ai` of the page

const http = createServer(nodeHandler(chat)) // POST /api/chat, GET /api/chat/:id/stream, …
await server.recover() // continues what a crash has left
// endregion
http.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => console.log(JSON.stringify(http.address())))
process.once('SIGTERM', () => {
  http.close()
  void server.close({ graceMs: 8_000 }).then(() => process.exit())
})
