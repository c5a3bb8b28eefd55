import { describe, expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { AgentError, type ContextOverflow } from '../contract/errors.ts'
import type { HistoryOptions } from '../contract/history.ts'
import { toolCallsOf } from '../contract/messages.ts'
import type { Model, ModelRequest } from '../contract/model.ts'
import type { RunResult } from '../contract/result.ts'
import { countingModel, tokensOf } from '../testing/counting-model.ts'
import { memoryJournal } from '../testing/memory-journal.ts'
import { resultIn } from '../testing/runs.ts'
import { type Answer, call } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'

const runId = 'overflowing'
const read = testTool('read', (input) => `${JSON.stringify(input)} ${'lorem ipsum '.repeat(300)}`)
const outputTokens = 2_000

/** Reads one file after the other. What it answers depends only on the request, so any process gets the same. */
function reader(steps: number, window: number, names: (overflow: ContextOverflow) => ContextOverflow): Model & { readonly requests: readonly ModelRequest[] } {
  return countingModel((request): Answer => {
    const prompt = tokensOf([request.instructions, request.tools, request.messages])
    const asked = Math.min(outputTokens, request.maxOutputTokens ?? outputTokens)
    if (prompt + asked > window) {
      const room = window - prompt
      const overflow = { windowTokens: window, promptTokens: prompt, outputTokens: asked, ...(room >= 256 && room < asked && { roomTokens: room }) }
      return { error: new AgentError('Too long.', { code: 'context-overflow', phase: 'headers', status: 400, overflow: names(overflow) }) }
    }
    const last = request.messages.at(-1)
    if (last?.role === 'user' && String(last.content).includes('Write a summary now')) return { text: 'A summary.' }
    const message = request.messages.findLast(({ role }) => role === 'assistant')
    const [lastCall] = message?.role === 'assistant' ? toolCallsOf(message) : []
    const done = Number(lastCall?.toolCallId.slice(2) ?? 0)
    return done === steps ? { text: 'The end.' } : { text: `Step ${done + 1}.`, calls: [call('read', { file: done + 1 }, `id${done + 1}`)] }
  })
}

interface Row {
  readonly name: string
  readonly window: number
  readonly history?: HistoryOptions | false
  readonly names?: (overflow: ContextOverflow) => ContextOverflow
  readonly end: string
}

const hidden = () => ({})
const rows: readonly Row[] = [
  { name: 'the output limit is lowered', window: 10_000, history: { clear: false }, end: 'finished' },
  { name: 'results are cleared', window: 8_000, history: { clear: 'window' }, names: hidden, end: 'finished' },
  { name: 'steps are summarised', window: 8_000, history: { clear: false, keepSteps: 2 }, names: hidden, end: 'finished' },
  { name: 'nothing can be shortened', window: 8_000, history: false, end: 'context-overflow' },
]

/** What must be the same after a crash. */
function essence({ status, stopReason, text, messages, steps, edits }: RunResult) {
  return { status, stopReason, text, messages, edits, steps: steps.map(({ message, toolResults }) => ({ message, toolResults })) }
}

describe.each(rows)('$name', ({ window, history, names = (all) => all, end }) => {
  function newAgent() {
    const model = reader(20, window, names)
    return { model, agent: new Agent({ model, tools: [read], limits: { steps: 100 }, ...(history !== undefined && { history }) }) }
  }

  test('a process that continues after any of its records takes the same way', async () => {
    const first = newAgent()
    const journal = memoryJournal()
    const whole = await first.agent.generate('go', { runId, journal })
    expect(whole.stopReason).toBe(end)
    const refused = journal.records.filter((record) => record.type === 'done' && JSON.stringify(record.output).includes('context-overflow'))
    expect(refused.length).toBeGreaterThan(0)

    for (let count = 1; count <= journal.records.length; count++) {
      const { model, agent } = newAgent()
      const cut = journal.cutAt(count)
      expect(essence(await agent.resume(runId, { journal: cut }).result)).toEqual(essence(whole))
      // A refusal that was the last record is asked again; nothing else is requested twice.
      const left = first.model.requests.length - journal.records.slice(0, count).filter(isRequest).length
      expect(model.requests.length - left).toBeLessThanOrEqual(refused.includes(journal.records[count - 1] as never) ? 1 : 0)
    }
  })

  test('a complete record is replayed without a request', async () => {
    const journal = memoryJournal()
    const whole = await newAgent().agent.generate('go', { runId, journal })
    const { model, agent } = newAgent()
    const again = await agent.resume(runId, { journal: journal.cutAt(journal.records.length) }).result
    expect(model.requests).toHaveLength(0)
    expect(again.cache).toEqual(whole.cache)
    expect(essence(again)).toEqual(essence(whole))
  })
})

test('a run that could not start is asked again when it is resumed', async () => {
  const long = 'word '.repeat(20_000)
  const journal = memoryJournal()
  const small = reader(1, 8_000, (all) => all)
  const failure: unknown = await new Agent({ model: small, tools: [read] }).generate(long, { runId, journal }).catch((thrown: unknown) => thrown)
  expect(failure).toMatchObject({ code: 'context-overflow' })
  expect(resultIn(failure as AgentError).stopReason).toBe('failed')
  const large = reader(1, 100_000, (all) => all)
  const { text } = await new Agent({ model: large, tools: [read] }).resume(runId, { journal }).result
  expect(text).toBe('The end.')
})

function isRequest(record: { readonly type: string; readonly name?: unknown }): boolean {
  return record.type === 'done' && (record.name === 'model' || record.name === 'summary')
}
