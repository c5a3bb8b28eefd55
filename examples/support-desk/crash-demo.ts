import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Client, connect } from '@capstan/server/client'
import { openStores } from './store/open-store.ts'

const main = fileURLToPath(new URL('./main.js', import.meta.url))

/** Kills the desk in the middle of a refund, starts it again, and counts the refunds. It plays the customer and the supervisor itself. */
export async function crashDemo(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'support-desk-'))
  let desk = await startProcess(folder, '0')
  // Whatever goes wrong here, no desk is left behind.
  process.once('exit', () => desk.child.kill('SIGKILL'))
  const [mia, sam] = await Promise.all([clientOf(desk.url, 'mia'), clientOf(desk.url, 'sam')])
  const { runId } = await mia.start({ input: 'The espresso cups of A-1001 arrived broken. I want my money back.' })
  console.log(`The desk is process ${desk.child.pid}. Mia asks for a refund.`)

  let isKilled = false
  // The client connects again by itself, as the page does.
  for await (const event of mia.events(runId)) {
    if (event.type === 'restart') console.log('The client has connected again, and reads the run from its beginning.')
    if (event.type === 'tool-start') console.log(`${event.toolName} ${JSON.stringify(event.input)}`)
    if (event.type === 'run-end' && event.pending !== undefined) await approveAll(sam)
    if (event.type === 'tool-progress' && !isKilled) {
      isKilled = true
      console.log(`${event.data} Now kill -9 ${desk.child.pid}.`)
      desk = await restart(desk, folder)
      console.log(`Process ${desk.child.pid} continues.`)
    }
    if (event.type === 'tool-end') console.log(`${event.toolName}: ${event.status}`)
    if (event.type === 'run-end') console.log(`The run is ${event.status}. ${event.text}`)
  }
  desk.child.kill('SIGTERM')
  await once(desk.child, 'exit')
  await report(folder, runId)
}

interface DeskProcess {
  readonly child: ChildProcess
  readonly url: string
}

async function startProcess(folder: string, port: string): Promise<DeskProcess> {
  const child = spawn(process.execPath, [main, '--port', port, '--folder', folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const [url] = /http:\S+(?=\/)/.exec(String(line)) ?? []
  if (url === undefined) throw new Error(`The desk did not start: ${line}`)
  return { child, url }
}

async function restart({ child, url }: DeskProcess, folder: string): Promise<DeskProcess> {
  child.kill('SIGKILL')
  await once(child, 'exit')
  return await startProcess(folder, new URL(url).port)
}

async function clientOf(url: string, id: string): Promise<Client> {
  const response = await fetch(`${url}/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id }) })
  const [cookie = ''] = response.headers.getSetCookie()
  return connect({ url: `${url}/api`, headers: () => ({ cookie: cookie.split(';')[0] ?? '' }) })
}

async function approveAll(supervisor: Client): Promise<void> {
  for (const { runId, question } of await supervisor.questions()) {
    console.log('Sam approves it.')
    await supervisor.decide(runId, { [question.id]: { approve: true } })
  }
}

async function report(folder: string, runId: string): Promise<void> {
  const { desk } = await openStores(folder, process.env['DATABASE_URL'])
  const refunds = (await desk.refunds()).filter(({ key }) => key.startsWith(`${runId}/`))
  for (const { key, order, cents, state } of refunds) console.log(`In the books (${desk.kind}): ${cents} cents for ${order}, ${state}, key ${key}.`)
  console.log(`The refund happened ${refunds.length === 1 ? 'once' : `${refunds.length} times`}.`)
  await desk.close()
  await rm(folder, { recursive: true })
}
