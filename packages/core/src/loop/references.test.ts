import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { MemoryArtifacts } from '../artifacts/memory-artifacts.ts'
import { approve } from '../contract/answers.ts'
import type { Json } from '../contract/json.ts'
import type { RunResult } from '../contract/result.ts'
import type { Tool } from '../contract/tool.ts'
import { hashAbout } from '../durability/question-ids.ts'
import { moved, openQuestion, stateIn } from '../testing/runs.ts'
import { type Answer, call, scriptedModel } from '../testing/scripted-model.ts'
import { recordingTool, testTool } from '../testing/test-tool.ts'

const rows = Array.from({ length: 5_000 }, (_, id) => ({ id, name: `name ${id}` }))
const large = `{"rows":${JSON.stringify(rows)},"total":12345678901234567890}`
const search = () => testTool('search', () => large)
const ask: Answer = { calls: [call('search')] }
const done: Answer = { text: 'Done.' }
const send = (input: unknown): Answer => ({ calls: [call('send', input)] })

function hashOf(value: string): string {
  return createHash('sha256').update(value).digest('hex')
}

function statusOf(result: RunResult): unknown {
  const part = result.steps[1]?.toolResults[0]
  return { status: part?.status, text: part?.text }
}

async function sent(input: unknown, options: Partial<Tool> = {}) {
  const tool = recordingTool('send', options)
  const result = await new Agent({ model: scriptedModel([ask, send(input), done]), tools: [search(), tool] }).generate('go')
  return { inputs: tool.inputs, result }
}

test('a tool gets the complete text of a result, or a part of its JSON', async () => {
  expect((await sent({ body: { $result: 'r1.0' } })).inputs).toEqual([{ body: large }])
  expect((await sent({ list: [{ $result: 'r1.0', path: '/rows/4999/name' }], x: 1 })).inputs).toEqual([{ list: ['name 4999'], x: 1 }])
  expect((await sent({ row: { $result: 'r1.0', path: '/rows/7' } })).inputs).toEqual([{ row: { id: 7, name: 'name 7' } }])
})

test('a number that a double would change is passed as its digits', async () => {
  expect((await sent({ total: { $result: 'r1.0', path: '/total' } })).inputs).toEqual([{ total: '12345678901234567890' }])
})

test('the call is shown and recorded with its references and hashes, not with the values', async () => {
  const { result } = await sent({ body: { $result: 'r1.0' }, name: { $result: 'r1.0', path: '/rows/0/name' } })
  expect(JSON.stringify(result.messages).length).toBeLessThan(110_000)
  const tool = recordingTool('send')
  const agent = new Agent({
    model: scriptedModel([ask, send({ body: { $result: 'r1.0' }, name: { $result: 'r1.0', path: '/rows/0/name' } }), { calls: [call('pay')] }]),
    tools: [search(), tool, recordingTool('pay', { needsApproval: true })],
  })
  const events: unknown[] = []
  const paused = await agent.generate('go', { onEvent: (event) => event.type === 'tool-start' && events.push(event.input) })
  expect(events[1]).toEqual({ body: { $result: 'r1.0' }, name: { $result: 'r1.0', path: '/rows/0/name' } })
  const record = stateIn(paused).records.find(({ name }) => name === 'tool send')
  expect(record?.['output']).toMatchObject({
    status: 'ok',
    references: [
      { at: '/body', id: 'r1.0', hash: hashOf(large) },
      { at: '/name', id: 'r1.0', path: '/rows/0/name', hash: hashOf('name 0') },
    ],
  })
})

test.each([
  [{ body: { $result: 'r9.0' } }, 'Not run: /body: there is no earlier result "r9.0" in this conversation.'],
  [{ body: { $result: 'r2.0' } }, 'there is no earlier result "r2.0"'],
  [{ body: { $result: 'r1.0', path: '/rows/9999/id' } }, 'Not run: /body: in the result r1.0 there is no "9999" at /rows, which is a list of 5000.'],
  [{ body: { $result: 'r1.0', at: '/x' } }, 'Not run: /body: a reference to a result is {"$result":"r12.0"}'],
  [{ a: { $result: 'r1.0' }, b: Array.from({ length: 90 }, () => ({ $result: 'r1.0' })) }, undefined],
])('a reference that cannot be followed is answered with what to correct: %j', async (input, message) => {
  const { inputs, result } = await sent(input)
  if (message === undefined) return expect(inputs).toHaveLength(1)
  expect(inputs).toEqual([])
  expect(statusOf(result)).toEqual({ status: 'invalid-input', text: expect.stringContaining(message) })
})

test('results that have more than 16 Mi characters together are not passed', async () => {
  const tool = recordingTool('send')
  const model = scriptedModel([ask, send(Array.from({ length: 3 }, () => ({ $result: 'r1.0' }))), done])
  const result = await new Agent({ model, tools: [testTool('search', () => 'x'.repeat(6_000_000)), tool] }).generate('go')
  expect(statusOf(result)).toEqual({ status: 'invalid-input', text: expect.stringContaining('more than 16777216 characters together') })
})

test('a result that is not JSON has no parts', async () => {
  const tool = recordingTool('send')
  const model = scriptedModel([ask, send({ body: { $result: 'r1.0', path: '/x' } }), done])
  const result = await new Agent({ model, tools: [testTool('search', () => 'plain text'), tool] }).generate('go')
  expect(statusOf(result)).toEqual({
    status: 'invalid-input',
    text: expect.stringContaining('the result r1.0 is not JSON, so it has no parts. Leave out "path"'),
  })
})

test('a reference inside a result is text like any other', async () => {
  const tool = recordingTool('send')
  const model = scriptedModel([ask, send({ body: { $result: 'r1.0', path: '' } }), done])
  await new Agent({ model, tools: [testTool('search', () => '{"$result":"r1.0"}'), tool] }).generate('go')
  expect(tool.inputs).toEqual([{ body: { $result: 'r1.0' } }])
})

test('the value is checked: what the schema refuses is not run', async () => {
  const { inputs, result } = await sent(
    { body: { $result: 'r1.0' } },
    { check: (input: Json) => ({ ok: false, message: `got ${JSON.stringify(input).length} characters` }) },
  )
  expect(inputs).toEqual([])
  expect(statusOf(result)).toEqual({ status: 'invalid-input', text: `got ${JSON.stringify({ body: large }).length} characters` })
})

const gatedInput = { to: 'Ada', body: { $result: 'r1.0' }, amount: { $result: 'r1.0', path: '/rows/3/id' } }

function gated(artifacts = new MemoryArtifacts(), options: Partial<Tool> = {}) {
  const tool = recordingTool('send', { effect: 'once', needsApproval: true, ...options })
  const model = scriptedModel([ask, send(gatedInput), done])
  const agent = new Agent({ model, tools: [search(), tool] })
  return { tool, agent, artifacts, start: () => agent.generate('go', { runId: 'r', artifacts }) }
}

test('a person who approves sees size, hash and first lines of each value, and the answer is bound to them', async () => {
  const { tool, agent, artifacts, start } = gated()
  const paused = await start()
  expect(paused.pending[0]?.about).toMatchObject({
    type: 'approval',
    input: gatedInput,
    references: [
      { at: '/body', id: 'r1.0', characters: large.length, hash: hashOf(large), firstLines: large.slice(0, 500) },
      { at: '/amount', id: 'r1.0', path: '/rows/3/id', characters: 1, hash: hashOf('3'), firstLines: '3' },
    ],
  })
  expect(JSON.stringify(stateIn(paused)).length).toBeLessThan(70_000)
  const other = structuredClone(paused.pending[0]?.about) as { references: { hash: string }[] }
  Object.assign(other.references[0] ?? {}, { hash: hashOf('4') })
  expect(hashAbout(other as unknown as Json)).not.toBe(hashAbout(paused.pending[0]?.about ?? null))

  const result = await agent.resume(moved(paused), { artifacts, acceptAnswers: true, answers: { [openQuestion(paused)]: approve() } }).result
  expect(result).toMatchObject({ status: 'finished' })
  expect(tool.inputs).toEqual([{ to: 'Ada', body: large, amount: 3 }])
})

test.each([
  ['is gone', async (store: MemoryArtifacts) => await store.delete('r'), 'the complete result r1.0 is not kept here'],
  ['is another one', async (store: MemoryArtifacts) => await store.put('r', 'steps/1/tools/0', 'another'), 'the complete result r1.0 is not kept here'],
])('a value that %s after the approval does not run', async (_name, change, problem) => {
  const { tool, agent, artifacts, start } = gated()
  const paused = await start()
  await change(artifacts)
  const result = await agent.resume(moved(paused), { artifacts, acceptAnswers: true, answers: { [openQuestion(paused)]: approve() } }).result
  expect(tool.inputs).toEqual([])
  expect(statusOf(result)).toEqual({ status: 'invalid-input', text: expect.stringContaining(problem) })
})

test('a schema that makes another value since the approval is refused', async () => {
  let suffix = ''
  const check = (input: Json) => ({ ok: true, value: { ...(input as object), suffix } }) as const
  const { tool, agent, artifacts, start } = gated(undefined, { check })
  const paused = await start()
  suffix = 'changed'
  const result = await agent.resume(moved(paused), { artifacts, acceptAnswers: true, answers: { [openQuestion(paused)]: approve() } }).result
  expect(tool.inputs).toEqual([])
  expect(statusOf(result)).toEqual({ status: 'invalid-input', text: expect.stringContaining('makes another value of it now') })
})

test('a small value is shown and recorded as the tool gets it', async () => {
  const check = (input: Json) => ({ ok: true, value: { currency: 'EUR', ...(input as object) } }) as const
  const tool = recordingTool('send', { effect: 'once', needsApproval: true, check })
  const input = { amount: { $result: 'r1.0', path: '/rows/3/id' } }
  const agent = new Agent({ model: scriptedModel([ask, send(input), done]), tools: [search(), tool] })
  const paused = await agent.generate('go')
  expect(paused.pending[0]?.about).toMatchObject({ input, references: [{ at: '/amount', firstLines: '3' }], value: { currency: 'EUR', amount: 3 } })
  // The record is the value: the store is not asked again.
  await agent.resume(moved(paused), { acceptAnswers: true, answers: { [openQuestion(paused)]: approve() } }).result
  expect(tool.inputs).toEqual([{ currency: 'EUR', amount: 3 }])
})

test('a person may write a reference, too', async () => {
  const { tool, agent, artifacts, start } = gated()
  const paused = await start()
  const input = { to: 'Bob', body: { $result: 'r1.0', path: '/rows/1/name' } }
  await agent.resume(moved(paused), { artifacts, acceptAnswers: true, answers: { [openQuestion(paused)]: approve(input) } }).result
  expect(tool.inputs).toEqual([{ to: 'Bob', body: 'name 1' }])
})

test('a gate sees the value', async () => {
  const seen: unknown[] = []
  const needsApproval = (value: unknown) => {
    seen.push(value)
    return false
  }
  const { inputs } = await sent({ id: { $result: 'r1.0', path: '/rows/2/id' } }, { needsApproval })
  expect(seen).toEqual([{ id: 2 }])
  expect(inputs).toEqual([{ id: 2 }])
})

test('in a run of release 0.1.0 it is an object like any other', async () => {
  const tool = recordingTool('send')
  const state = { version: 1, runId: 'r', input: [{ role: 'user', content: 'go' }], records: [] } as const
  await new Agent({ model: scriptedModel([ask, send({ body: { $result: 'r1.0' } }), done]), tools: [search(), tool] }).resume(state, { acceptAnswers: true })
    .result
  expect(tool.inputs).toEqual([{ body: { $result: 'r1.0' } }])
})
