// A process to deploy: runs over HTTP that survive a restart, a health check, and an end that loses nothing.
//   DATABASE_URL=postgresql://… node examples/dist/deploy.js       any number of processes on one database
//   RUNS_FOLDER=/var/lib/agent node examples/dist/deploy.js        one process, in files
import { agentServer } from '@capstan/server'
import { Agent, fileJournal, fileSessions, postgresJournal, postgresSessions } from 'capstan'
import { exampleModel } from './support/example-model.ts'

const { model, close } = await exampleModel()
// region stores
const database = process.env['DATABASE_URL']
const folder = process.env['RUNS_FOLDER'] ?? '.capstan'
const journal = database ? postgresJournal(database) : fileJournal(`${folder}/runs`)
const sessions = database ? postgresSessions(database) : fileSessions(`${folder}/sessions`)
// endregion
// region users
const tokens = new Map<string, string>(Object.entries(JSON.parse(process.env['API_TOKENS'] ?? '{}'))) // token: user
function userOf(request: Request) {
  const id = tokens.get(request.headers.get('authorization')?.replace('Bearer ', '') ?? '')
  return id === undefined ? undefined : { id }
}
// endregion
// region server
const agent = new Agent({ name: 'helper', model, limits: { steps: 20, tokens: 200_000, durationMs: 300_000 } })
const server = agentServer({
  agents: { helper: agent },
  journal,
  sessions,
  ...(tokens.size > 0 && { authorize: userOf }), // without it only this machine is served
  hosts: [...(process.env['HOSTS']?.split(',') ?? []), 'localhost', '127.0.0.1'],
  onError: (error) => console.error(error),
})
// Also continues the runs that a crash interrupted.
const { url } = await server.listen({ port: Number(process.env['PORT'] ?? 0), host: process.env['HOST'] ?? '127.0.0.1' })
console.log(url)
// endregion
// region end
process.once('SIGTERM', async () => {
  await server.close({ graceMs: 8_000 }) // nothing new begins; work in progress completes and is recorded
  // endregion
  await close()
  // region end
})
// endregion
