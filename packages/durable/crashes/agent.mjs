// The agent of the crash tests: three steps, a tool of the effect under test beside a second one, then a payment that a person approves.
import { appendFileSync, readFileSync } from 'node:fs'
import { Agent } from '@capstan/core'

/** @typedef {{ oracle: string, effect: 'read' | 'idempotent' | 'once', at?: (place: string) => void | Promise<void> }} Setting */

/** What happened outside, in order: a file that no journal knows of. */
export class Oracle {
  constructor(path) {
    this.path = path
  }

  add(what, key = '') {
    appendFileSync(this.path, `${what} ${key}\n`)
  }

  read() {
    try {
      return readFileSync(this.path, 'utf8').trim().split('\n').filter(Boolean)
    } catch {
      return []
    }
  }
}

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

function toolOf(name, { oracle, effect, at, needsApproval = false }) {
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
      return { status: 'ok', text: `${name} is done` }
    },
  }
}

/** @param {Setting} setting */
export function crashAgent(setting) {
  const tools = [
    toolOf('work', setting),
    toolOf('second', { ...setting, effect: 'read' }),
    toolOf('pay', { ...setting, effect: 'once', needsApproval: true }),
  ]
  return new Agent({ name: 'crash', model: modelOf(setting), tools })
}
