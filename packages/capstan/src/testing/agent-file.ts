import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const built = pathToFileURL(fileURLToPath(new URL('../../dist/index.js', import.meta.url))).href

// An agent of a user: its model calls a tool, and then replies with the result.
const source = `
import { appendFileSync } from 'node:fs'
import { Agent, tool } from ${JSON.stringify(built)}
const input = JSON.parse(process.env.TEST_INPUT ?? '{"amount":5}')
const words = process.env.TEST_WORDS ?? ''
const reply = (content, finishReason) => ({ type: 'reply', reply: { message: { role: 'assistant', content }, finishReason, atOutputLimit: false, usage: { inputTokens: 7, outputTokens: 3 }, response: {} } })
const model = {
  id: 'test/payer',
  traits: { tools: true, toolChoices: [], candidates: 1 },
  async *stream({ messages }) {
    const last = messages.at(-1)
    if (last.role === 'tool') {
      const text = words + 'Result: ' + last.content[0].text
      yield [{ type: 'text-delta', delta: text }]
      yield [reply([{ type: 'text', text }], 'stop')]
    } else yield [reply([{ type: 'tool-call', toolCallId: 'c', toolName: 'pay_invoice', inputText: JSON.stringify(input) }], 'tool-calls')]
  },
}
const paid = (value) => process.env.TEST_PAID && appendFileSync(process.env.TEST_PAID, JSON.stringify(value) + '\\n')
const pay = tool({
  name: 'pay_invoice', description: 'Pays.', needsApproval: true,
  inputSchema: { type: 'object' },
  execute: (value) => { paid(value); return 'paid ' + value.amount },
})
const free = { ...pay, needsApproval: false }
export const payer = new Agent({ name: 'payer', model, tools: [pay] })
export const throwing = new Agent({ name: 'payer', model, tools: [{ ...free, run: () => new Promise(() => setTimeout(() => { throw new Error('lost\u001b]0;x\u202e') }, 10)) }] })
export const careless = new Agent({ name: 'payer', model, tools: [free] })
export const crashing = new Agent({ name: 'payer', model, tools: [{ ...free, run: () => process.kill(process.pid, 'SIGKILL') }] })
export const asker = new Agent({ name: 'asker', model, tools: [{ ...free, ask: () => process.env.TEST_ASK ?? 'From which account?', run: async (_, { answer }) => ({ status: 'ok', text: 'from ' + answer }) }] })
export const slow = new Agent({ name: 'payer', model, tools: [{ ...free, run: async (value) => {
  process.stderr.write('working\\n')
  await new Promise((resolve) => setTimeout(resolve, Number(process.env.TEST_MS ?? 300)))
  paid(value)
  return { status: 'ok', text: 'paid ' + value.amount }
} }] })
`

/** Makes a folder with a module of agents, `agent.mjs`. The environment of the command controls them. */
export function makeAgentFolder(): { readonly folder: string; readonly agent: (name: string) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-agents-'))
  const file = join(folder, 'agent.mjs')
  writeFileSync(file, source)
  return { folder, agent: (name) => `--agent=${file}#${name}` }
}
