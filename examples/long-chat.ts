// A chat of 200 turns in a session: each process asks 100 questions more, and continues what the one before it left in the store.
//   node examples/dist/long-chat.js                  twice, also on two machines if DATABASE_URL names a PostgreSQL database
// Without DATABASE_URL the session is in files.
import { Agent, fileSessions, postgresSessions, Session, tool } from 'capstan'
import { z } from 'zod'
import { chatModel } from './support/chat-model.ts'

const database = process.env['DATABASE_URL']
const sessions = database ? postgresSessions(database) : fileSessions(process.env['SESSIONS_FOLDER'] ?? '.capstan/sessions')

const readNote = tool({
  name: 'read_note',
  description: 'Reads a note.',
  inputSchema: z.object({ note: z.number() }),
  effect: 'read',
  execute: ({ note }) => `Note ${note}: ${'light rain, then sun. '.repeat(40)}`,
})

const { model, close } = await chatModel()
// Results are cleared where that is enough, and old turns summarised otherwise. The default threshold is 150,000 tokens; this chat is shorter.
const agent = new Agent({ model, tools: [readNote], history: { clear: 'window', summariseAt: 8_000 } })
const session = await Session.open(sessions, 'user-7')
const questions = (): number => session.allMessages.filter(({ role }) => role === 'user').length
const made = { clear: 0, summary: 0 }

for (let left = 100; left > 0; left -= 1) {
  // Only what is new: the run reads the messages of the session, and adds its own.
  const { status, edits } = await agent.generate(`What does note ${questions() + 1} say?`, { session })
  if (status !== 'finished') throw new Error(`The turn ended as ${status}.`)
  for (const { kind } of edits) made[kind] += 1
}
const { allMessages, messages } = session
console.log(`${questions()} turns: ${allMessages.length} messages are kept, ${messages.length} are sent with the next one.`)
console.log(`In this process: results cleared ${made.clear} times, old turns summarised ${made.summary} times.`)
await close()
