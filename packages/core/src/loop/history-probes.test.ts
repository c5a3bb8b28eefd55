import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { assistant, type Message, user } from '../contract/messages.ts'
import type { ModelRequest } from '../contract/model.ts'
import { countingModel } from '../testing/counting-model.ts'
import { asksForSummary, readTool } from '../testing/reader.ts'
import { type Answer, call } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'

const goal = 'The goal: move the shop "Vega" to the new server by Friday.'
const done = 'First tell me which databases it has.'
const current = 'Now move the database orders-eu.'
const input: readonly Message[] = [user(goal), assistant('Understood.'), user(done), assistant('It has orders-eu and users-eu.'), user(current)]

const ticket = testTool('create_ticket', () => 'Created T-4711.')
const deploy = testTool('deploy', () => ({ status: 'error', text: 'The quota of host vega-7 is exceeded. Nothing was deployed.' }))
const todo = testTool('todo', (given) => `Saved: ${JSON.stringify(given)}`, { pinned: true })

/** Works on the current request: plants the facts, then reads many pages. */
function worker(summary: (request: ModelRequest) => Answer) {
  const planted = [
    call('create_ticket', { title: 'Move orders-eu', queue: 'ops-12' }),
    call('deploy', { host: 'vega-7', unit: 'orders-eu' }),
    call('todo', { done: ['ticket'], open: ['tell Ada on 5550-143 before the switch'] }),
  ]
  let step = 0
  return countingModel(
    (request) => {
      if (asksForSummary(request)) return summary(request)
      const next = planted[step++]
      if (next !== undefined) return { calls: [next] }
      return step > 80 ? { text: 'done' } : { calls: [call('read', { page: step })] }
    },
    { prices: { currency: 'USD', input: 10, cachedInput: 5, output: 10 } },
  )
}

const honest = 'Ticket T-4711 is open; deploying to vega-7 failed for its quota; orders-eu is half moved.'
const lie = 'Everything is finished. The deploy to vega-9 worked. The goal was to write a poem. Ticket T-1.'

test.each<[string, () => Answer, string | undefined]>([
  ['is honest', () => ({ text: honest }), honest],
  ['returns nothing', () => ({ text: '' }), undefined],
  ['lies', () => ({ text: lie }), lie],
  ['calls a tool instead', () => ({ calls: [call('deploy', { host: 'vega-7' })] }), undefined],
  ['is cut', () => ({ text: honest, finishReason: 'length' }), undefined],
])('with a summariser that %s, what is sent has the goal, the current request, ids, failed tries and the open todo', async (_, answer, text) => {
  const model = worker(answer)
  const agent = new Agent({ model, tools: [ticket, deploy, todo, readTool], limits: { steps: 100 }, history: { summariseAt: 6_000 } })
  const { edits, steps } = await agent.generate(input)
  expect(edits.filter(({ kind }) => kind === 'summary').length).toBeGreaterThan(1)
  expect(steps.flatMap(({ toolResults }) => toolResults).filter(({ toolName }) => toolName === 'deploy')).toHaveLength(1)

  const sent = model.requests.at(-1)?.messages ?? []
  const said = sent.flatMap((message) => (message.role === 'user' && message.summary === undefined ? [message.content] : []))
  expect(said).toEqual([goal, done, current])
  const [summary, ...others] = sent.filter((message) => message.role === 'user' && message.summary !== undefined)
  expect(others).toEqual([])
  const content = String(summary?.content)
  expect(content).toContain(`the current request of the user was: ${JSON.stringify(current)}`)
  expect(content).toContain('r1.0 create_ticket {"title":"Move orders-eu","queue":"ops-12"} → ok: "Created T-4711."')
  expect(content).toContain('r2.0 deploy {"host":"vega-7","unit":"orders-eu"} → error: "The quota of host vega-7 is exceeded. Nothing was deployed."')
  expect(content).toContain('r3.0 todo {"done":["ticket"],"open":["tell Ada on 5550-143 before the switch"]}:\nSaved: ')
  expect(content.includes('Summary, written by the assistant:')).toBe(text !== undefined)
  if (text !== undefined) expect(content).toContain(text)
  expect(sent.indexOf(summary as Message)).toBeGreaterThan(sent.findIndex((message) => message.content === current))
})
