// A program as a user writes it, from the packages as they are published.
import assert from 'node:assert/strict'
import { evolinkProfiles } from '@capstan/adapters'
import { checkMessages as checkMessagesOfCore, textOf } from '@capstan/core'

import { calculator } from '@capstan/tools/calculator'
import { weekday } from '@capstan/tools/dates'
import { fileChanges, files } from '@capstan/tools/files'
import { shell } from '@capstan/tools/shell'
import { readPlan, todo } from '@capstan/tools/todo'
import {
  Agent,
  AgentError,
  type AgentErrorCode,
  approve,
  checkMessages,
  evolink,
  jsonSchema,
  type Message,
  openaiCompatible,
  type RunEvent,
  type RunEventOf,
  type RunResult,
  type StopReason,
  ToolError,
  tool,
  user,
} from 'capstan'
import { startSimulator } from 'capstan/testing'
import { z } from 'zod'
import * as mini from 'zod/mini'
import * as three from 'zod/v3'

const getWeather = tool({
  name: 'get_weather',
  description: 'Current weather of a city.',
  inputSchema: z.object({ city: z.string(), days: z.number().int().min(1).default(1) }),
  effect: 'read',
  execute: ({ city, days }, { signal, idempotencyKey }) => {
    const text: string = city
    const count: number = days
    signal.throwIfAborted()
    if (text === 'Nowhere') throw new ToolError('There is no such city.')
    return { text: `4 degrees in ${text} for ${count} day(s)`, keyed: idempotencyKey.length > 0 }
  },
})
const inMini = tool({
  name: 'in_mini',
  description: 'With zod mini.',
  inputSchema: mini.object({ word: mini.string() }),
  execute: ({ word }) => word.length,
})
const inThree = tool({ name: 'in_three', description: 'With zod 3.', inputSchema: three.object({ word: three.string() }), execute: ({ word }) => word.length })
const raw = tool({
  name: 'raw_schema',
  description: 'With JSON Schema.',
  inputSchema: jsonSchema({ type: 'object', properties: { word: { type: 'string' } }, required: ['word'] }),
  execute: (input) => input,
})
const pay = tool({ name: 'pay', description: 'Pays.', inputSchema: z.object({ euros: z.number() }), needsApproval: true, execute: ({ euros }) => euros })
const [listFiles] = files({ root: '.' })
const [writeFile] = fileChanges({ root: '.' })
const runNode = shell({ root: '.', programs: [{ path: process.execPath, arguments: [['--version']], runsOtherCode: true }] })
assert.deepEqual([writeFile.needsApproval, runNode.needsApproval, runNode.effect, todo.effect], [true, true, 'once', 'idempotent'])
assert.equal(readPlan([user('Hi')]), undefined)

// @ts-expect-error A city has no number of days that is a text.
tool({ name: 'wrong', description: 'Wrong.', inputSchema: z.object({ days: z.number() }), execute: ({ days }): string => days.toUpperCase() })
const refused = [
  // @ts-expect-error The reasoner takes no temperature.
  () => evolink('deepseek-reasoner', { temperature: 1 }),
  // @ts-expect-error Kimi has no log probabilities.
  () => evolink('kimi-k2-thinking', { logprobs: true }),
  // @ts-expect-error DeepSeek has one candidate.
  () => evolink('deepseek-chat', { n: 2 }),
]
for (const make of refused) assert.throws(make, (error) => AgentError.is(error) && error.code === 'invalid-options')
assert.equal(evolinkProfiles.length > 0 && textOf({ role: 'user', content: 'Hi' }) === 'Hi', true)
assert.equal(checkMessages, checkMessagesOfCore)

const simulator = await startSimulator({
  script: [
    {
      reasoning: 'Both.',
      toolCalls: [
        { name: 'get_weather', input: { city: 'Oslo' } },
        { name: 'get_weather', input: { city: 'Nowhere' } },
        { name: 'in_mini', input: { word: 'four' } },
        { name: 'in_three', input: { word: 'three' } },
        { name: 'raw_schema', input: { word: 'raw' } },
        { name: 'calculator', input: { expression: '6 * 7' } },
      ],
    },
    { reasoning: 'Good.', text: 'Four degrees.' },
    { text: 'Hello again.' },
    { toolCalls: [{ name: 'pay', input: { euros: 5 } }] },
    { text: 'Paid.' },
    { status: 401 },
  ],
})
const settings = { baseURL: simulator.baseURL, apiKey: 'sk-test' }
const agent = new Agent({
  name: 'traveller',
  model: evolink('kimi-k2-thinking', { ...settings, temperature: 1, topK: 40 }),
  tools: [getWeather, inMini, inThree, raw, calculator, weekday, listFiles],
  limits: { steps: 5, toolCalls: 20 },
})

const deltas: string[] = []
const ends: RunEventOf<'tool-end'>[] = []
const run = agent.stream('How cold is it in Oslo?')
for await (const event of run) see(event)
const result: RunResult = await run.result
assert.deepEqual([result.status, result.stopReason satisfies StopReason, result.textOrThrow()], ['finished', 'finished', 'Four degrees.'])
assert.equal(deltas.join(''), 'Four degrees.')
// Events come as calls end, results in the order of the calls.
assert.equal(ends.length, 6)
assert.deepEqual(
  result.steps[0]?.toolResults.map(({ toolName, status }) => `${toolName} ${status}`),
  ['get_weather ok', 'get_weather error', 'in_mini ok', 'in_three ok', 'raw_schema ok', 'calculator ok'],
)
assert.equal(result.steps.length, 2)
assert.equal(typeof result.usage.inputTokens, 'number')

const history: readonly Message[] = [...result.messages, user('And now?')]
checkMessages(history)
const plain = new Agent({ model: openaiCompatible({ ...settings, model: 'deepseek-chat' }) })
assert.equal((await plain.generate('Hello.')).text, 'Hello again.')

const payer = new Agent({ model: evolink('deepseek-chat', settings), tools: { pay } })
const paused = await payer.generate('Pay five euros.')
assert.equal(paused.status, 'paused')
const [question] = paused.pending
assert.ok(paused.state && question)
const paid = await payer.resume(paused.state, { answers: { [question.id]: approve() } }).result
assert.equal(paid.textOrThrow(), 'Paid.')

const failure: unknown = await plain.generate('Hello?').catch((error: unknown) => error)
assert.ok(AgentError.is(failure))
const expected: AgentErrorCode = 'auth-failed'
assert.deepEqual([failure.code, failure.status, failure.retryable], [expected, 401, false])

simulator.assertDone()
await simulator.close()
console.log(`ok on Node ${process.versions.node}`)

function see(event: RunEvent): void {
  switch (event.type) {
    case 'text-delta':
      deltas.push(event.delta)
      return
    case 'tool-end':
      ends.push(event)
      return
    default:
      assert.ok(event.seq > 0 && event.runId === run.runId)
  }
}
