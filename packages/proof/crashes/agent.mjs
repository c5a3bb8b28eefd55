// The agent of the crash tests: three steps, a tool of the effect under test beside a second one, then a payment that a person approves.
import { Agent } from '@capstan/core'
import { Oracle } from './oracle.mjs'

/** @typedef {{ oracle: string, effect: 'read' | 'idempotent' | 'once', bulk?: number, at?: (place: string) => void | Promise<void> }} Setting */

const call = (name, input, index = 0) => ({ type: 'tool-call', toolCallId: `call_${index}`, toolName: name, inputText: JSON.stringify(input) })
const replies = [
  [{ type: 'text', text: 'First.' }, call('work', { n: 1 }, 0), call('second', { n: 2 }, 1)],
  [call('pay', { amount: 5 })],
  [{ type: 'text', text: 'All is done.' }],
]

/** A model that answers from the messages it is sent, as a real one would; every request is counted outside. */
function modelOf({ oracle, at }) {
  const outside = new Oracle(oracle)
  return {
    id: 'crash/model',
    traits: { tools: true, toolChoices: [], candidates: 1, prices: { currency: 'USD', input: 1_000_000, output: 1_000_000 } },
    async *stream({ messages }) {
      const step = messages.filter(({ role }) => role === 'assistant').length + 1
      await at?.(`model ${step}`)
      outside.add(`model ${step}`)
      const content = replies[step - 1]
      yield [{ type: 'text-delta', delta: 'x' }]
      const finishReason = content.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop'
      const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }
      const reply = { message: { role: 'assistant', content }, finishReason, rawFinishReason: finishReason, atOutputLimit: false, usage, response: {} }
      yield [{ type: 'reply', reply }]
    },
    complete: () => Promise.reject(new Error('not used')),
  }
}

function toolOf(name, { oracle, effect, at, bulk = 0, needsApproval = false }) {
  const outside = new Oracle(oracle)
  return {
    name,
    description: `The tool ${name}.`,
    inputSchema: { type: 'object' },
    effect,
    repeatable: false,
    needsApproval,
    validate: async () => ({ ok: true }),
    async run(_input, { idempotencyKey }) {
      await at?.(`tool ${name}`)
      outside.add(`effect ${name}`, idempotencyKey)
      await at?.(`after ${name}`)
      return { status: 'ok', text: `${name} is done${'.'.repeat(bulk)}` }
    },
  }
}

/** @param {Setting} setting */
export function crashAgent(setting) {
  const tools = [toolOf('work', setting), toolOf('second', { ...setting, effect: 'read' }), toolOf('pay', { ...setting, effect: 'once', needsApproval: true })]
  return new Agent({ name: 'crash', model: modelOf(setting), tools })
}
