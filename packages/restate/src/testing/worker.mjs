// A worker in a process of its own: its agent calls one idempotent tool, which writes a line with the process id. In its first run the tool hangs;
// with sessions it does not, and the process kills itself at a position of its store instead, once.
import { appendFileSync, openSync } from 'node:fs'
import { createServer } from 'node:http2'
import { Agent } from '@capstan/core'
import { agentWorkflow, createEndpointHandler } from '@capstan/restate'
import { folderSessions, noteTool, replyingModel } from '@capstan/test-kit'

const [name, file, sessionsFolder, dieAt] = process.argv.slice(2)

const work = noteTool('work', {
  effect: 'idempotent',
  execute: async (_input, { idempotencyKey }) => {
    const isFirst = sessionsFolder === undefined && isFirstRun()
    appendFileSync(file, `${process.pid} ${idempotencyKey}\n`)
    if (isFirst) await new Promise(() => {})
    return 'worked'
  },
})

function isFirstRun() {
  try {
    openSync(`${file}.first`, 'wx')
    return true
  } catch {
    return false
  }
}

function dieOnce(position) {
  if (position === dieAt && isFirstRun()) process.kill(process.pid, 'SIGKILL')
}

const agent = new Agent({ model: replyingModel([{ calls: ['work'] }, { text: 'Done.' }]), tools: [work] })
const services = [agentWorkflow(agent, { name, ...(sessionsFolder !== undefined && { sessions: folderSessions(sessionsFolder, dieOnce) }) })]
const server = createServer(createEndpointHandler({ services, logger: () => {} }))
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
