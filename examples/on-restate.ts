// An agent on Restate, which continues a run on any worker when one dies. Worker, client and a trial server run in one process.
import { once } from 'node:events'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { agentWorkflow, createEndpointHandler } from '@capstan/restate'
import { approve, type RunResult } from 'capstan'
import { localRestate } from './support/local-restate.ts'
import { paymentAgent } from './support/payment-agent.ts'

const { agent, close } = await paymentAgent()
const restate = await localRestate()

// A worker. Any number of them may serve the same workflow behind one address.
const worker = createServer(createEndpointHandler({ services: [agentWorkflow(agent, { name: 'payments' })], logger: () => {} }))
await once(worker.listen(0, '127.0.0.1'), 'listening')
await restate.register(`http://127.0.0.1:${(worker.address() as AddressInfo).port}`)

// A client. The key `invoice-7` is the id of the run, which is started once.
async function call<Answer>(handler: string, body?: unknown): Promise<Answer> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, ...(body !== undefined && { body: JSON.stringify(body) }) }
  return (await (await fetch(`${restate.ingressUrl}/payments/invoice-7/${handler}`, init)).json()) as Answer
}
const result = call<RunResult>('run', { input: 'Pay the invoice "INV-7".' })
let pending: RunResult['pending'] = []
for (; pending.length === 0; await setTimeout(50)) pending = await call('pending')
for (const { id, about } of pending) {
  console.log('Waiting for a decision about:', about)
  await call('decide', { [id]: approve() })
}
console.log((await result).text)

worker.close()
await restate[Symbol.asyncDispose]()
await close()
