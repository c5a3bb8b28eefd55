import { appendFileSync, readFileSync } from 'node:fs'
import { Agent } from '@capstan/core'

const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }

/**
 * An agent whose model asks for the calls of `steps` in turn and then says `Done.`. Requests, calls and what a call does go to the
 * file `outside`, as seen from outside of any engine.
 */
export function scriptedAgent({ outside, steps, effect = 'once', needsApproval = false, at = () => {}, fails, ...options }) {
  const note = (line) => appendFileSync(outside, `${line}\n`)
  const model = {
    id: 'test/scripted',
    traits: { tools: true, toolChoices: [], candidates: 1, prices: { currency: 'USD', input: 1_000_000, output: 1_000_000 } },
    async *stream({ messages }) {
      const calls = steps[messages.filter(({ role }) => role === 'assistant').length] ?? []
      note('request')
      const failure = fails?.()
      if (failure !== undefined) throw failure
      const asked = calls.map((name, index) => ({ type: 'tool-call', toolCallId: `call_${index}`, toolName: name, inputText: '{"n":1}' }))
      const content = asked.length > 0 ? asked : [{ type: 'text', text: 'Done.' }]
      const finishReason = asked.length > 0 ? 'tool-calls' : 'stop'
      const reply = { message: { role: 'assistant', content }, finishReason, rawFinishReason: finishReason, atOutputLimit: false, usage, response: {} }
      yield [{ type: 'reply', reply }]
    },
    complete: () => Promise.reject(new Error('not used')),
  }
  const tools = [...new Set(steps.flat())].map((name) => ({
    name,
    description: `Tests ${name}.`,
    inputSchema: { type: 'object' },
    effect,
    repeatable: false,
    needsApproval,
    validate: async () => ({ ok: true }),
    async run(_input, { idempotencyKey, signal, context }) {
      note(`${name} ${idempotencyKey}${context === undefined ? '' : ` ${context}`}`)
      await at(name, signal)
      return { status: 'ok', text: `${name} is done` }
    },
  }))
  return new Agent({ name: 'scripted', model, tools, ...options })
}

/** What happened outside, in order. */
export function happened(outside) {
  return readFileSync(outside, 'utf8').trim().split('\n')
}
