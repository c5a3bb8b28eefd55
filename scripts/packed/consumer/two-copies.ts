// Two copies of core at once: agent of the one, model and tools of the other, as when a library brings a copy of its own.
import assert from 'node:assert/strict'
import * as core from '@capstan/core'
import { startSimulator } from '@capstan/simulator'
import { Agent, AgentError, evolink, tool } from 'capstan'
import { z } from 'zod'
import { copies, failing, greet, otherAgent, otherModel } from './other/make.js'

assert.notEqual(copies.AgentError, core.AgentError, 'there is only one copy')

const simulator = await startSimulator({
  script: [
    {
      toolCalls: [
        { name: 'greet', input: { name: 'Ada' } },
        { name: 'failing', input: { how: 'told' } },
      ],
    },
    { text: 'Done.' },
    { toolCalls: [{ name: 'failing', input: { how: 'fatal' } }] },
    { status: 401 },
    { toolCalls: [{ name: 'own', input: {} }] },
    { text: 'Also done.' },
  ],
})

// The tools and the model of the other copy.
const agent = new Agent({ model: otherModel(simulator.baseURL), tools: [greet, failing] })
const run = agent.stream('Greet Ada.')
const told: string[] = []
run.on('tool-end', ({ status, text }) => told.push(`${status} ${text}`))
assert.equal((await run.result).textOrThrow(), 'Done.')
assert.deepEqual(told.sort(), ['error For the model.', 'ok Hello Ada.'])

const fatal: unknown = await agent.generate('Fail.').catch((error: unknown) => error)
assert.ok(AgentError.is(fatal) && copies.AgentError.is(fatal))
assert.equal(fatal.code, 'tool-fatal')

// Its errors are known here, although their class is another.
const unauthorized: unknown = await agent.generate('Hello.').catch((error: unknown) => error)
assert.ok(AgentError.is(unauthorized) && copies.AgentError.is(unauthorized))
assert.equal(unauthorized.code, 'auth-failed')

// And the other way round: an agent of the other copy, a tool and a model of this one.
const own = tool({ name: 'own', description: 'A tool of the first copy.', inputSchema: z.object({}), execute: () => 'own' })
const result = await otherAgent(evolink('deepseek-chat', { baseURL: simulator.baseURL, apiKey: 'sk-test' }), [own]).generate('Go.')
assert.equal(result.textOrThrow(), 'Also done.')

simulator.assertDone()
await simulator.close()
console.log(`ok on Node ${process.versions.node}`)
