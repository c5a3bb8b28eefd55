import { expect, test, vi } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve } from '../contract/answers.ts'
import type { Model } from '../contract/model.ts'
import { invalidOptions } from '../contract/options.ts'
import type { RunSettings } from '../contract/request-parameters.ts'
import type { RunState } from '../contract/result.ts'
import { NumberedEngine } from '../testing/numbered-engine.ts'
import { failureOf, moved, openQuestion } from '../testing/runs.ts'
import { type Answer, call, overloaded, scriptedModel } from '../testing/scripted-model.ts'
import { payTool, testTool } from '../testing/test-tool.ts'

/** A model that notes the settings of each request, and refuses those that `refused` names. */
function settable(answers: readonly Answer[], sent: unknown[], refused: readonly string[] = [], id = 'test/settable'): Model {
  const base = scriptedModel(answers, {}, id)
  const withSettings = (settings: RunSettings): Model => {
    const name = Object.keys(settings).find((key) => refused.includes(key))
    if (name !== undefined) throw invalidOptions(`\`${name}\` is refused by ${id}.`)
    const traits = { ...base.traits, candidates: settings.n ?? 1, ...(settings.maxOutputTokens !== undefined && { maxOutputTokens: settings.maxOutputTokens }) }
    return { ...modelWith(settings), traits }
  }
  const modelWith = (settings: RunSettings | undefined): Model => ({
    ...base,
    withSettings,
    stream: (request, options) => {
      sent.push(settings)
      return base.stream(request, options)
    },
  })
  return modelWith(undefined)
}

function configOf(state: RunState | undefined): unknown {
  const output = state?.records.find(({ id, type }) => id === 'start' && type === 'done')?.['output']
  return typeof output === 'object' && output !== null && 'config' in output ? output['config'] : undefined
}

const settings = { temperature: 0, maxOutputTokens: 50, stopSequences: ['end'], extraBody: { seed: 7 } }
const pays: Answer = { calls: [call('pay')] }

test('the settings of a run reach its model and no other run', async () => {
  const sent: unknown[] = []
  const agent = new Agent({ model: settable([{ text: 'a' }, { text: 'b' }, { text: 'c' }], sent) })
  await agent.generate('go', { settings })
  await agent.stream('go', { settings: { topP: 0.5, temperature: undefined as never } }).result
  await agent.generate('go')
  expect(sent).toEqual([settings, { topP: 0.5 }, undefined])
})

test('a run records its settings and what its model says with them', async () => {
  const agent = new Agent({ model: settable([pays], []), tools: [payTool()] })
  const { state } = await agent.generate('go', { settings })
  expect(configOf(state)).toMatchObject({ settings, models: [{ id: 'test/settable', maxOutputTokens: 50 }] })
  const plain = await new Agent({ model: settable([pays], []), tools: [payTool()] }).generate('go')
  expect(configOf(plain.state)).not.toHaveProperty('settings')
})

test('a run that is resumed from its state asks its model with the settings that it recorded', async () => {
  const first = await new Agent({ model: settable([pays], []), tools: [payTool()] }).generate('go', { settings })
  const sent: unknown[] = []
  const other = new Agent({ model: settable([pays, { text: 'done' }], sent), tools: [payTool()] })
  const second = await other.resume(moved(first), { answers: { [openQuestion(first)]: approve() } }).result
  const third = await other.resume(moved(second), { answers: { [openQuestion(second)]: approve() } }).result
  expect([third.text, sent]).toEqual(['done', [settings, settings]])
})

test('on an engine, a process with other options continues with those that the run recorded', async () => {
  const dying = new NumberedEngine([], 2)
  const before = new Agent({ model: settable([{ calls: [call('look')] }], []), tools: [testTool('look')] })
  const crashed = before.stream('go', { engine: dying, runId: 'r', settings, limits: { steps: 2 }, toolChoice: 'auto' })
  crashed.result.catch(() => {})
  await vi.waitFor(() => expect(dying.recorded.length).toBeGreaterThanOrEqual(3), { timeout: 10_000 })

  const sent: unknown[] = []
  const after = new Agent({ model: settable([{ calls: [call('look')] }, { text: 'closing' }], sent), tools: [testTool('look')] })
  const engine = new NumberedEngine(dying.recorded)
  const result = await after.generate('go', { engine, runId: 'r', settings: { temperature: 2 }, limits: { steps: 9 }, toolChoice: 'none' })
  expect(result).toMatchObject({ stopReason: 'max-steps', text: 'closing' })
  expect(sent).toEqual([settings, settings])
})

test('every model of a chain gets the settings', async () => {
  const sent: unknown[] = []
  const first = settable([{ error: overloaded() }], sent, [], 'test/first')
  const result = await new Agent({ model: [first, settable([{ text: 'ok' }], sent, [], 'test/second')] }).generate('go', { settings })
  expect([result.text, sent]).toEqual(['ok', [settings, settings]])
})

test.each<[string, Model, RunSettings | string, string]>([
  ['one model of a chain refuses', settable([], [], ['temperature'], 'test/strict'), { temperature: 0 }, '`temperature` is refused by test/strict'],
  ['a model does not know', scriptedModel([], {}, 'test/bare'), {}, 'test/bare takes none'],
  ['ask for several candidates', settable([], []), { n: 2 }, 'an agent uses one reply'],
  ['are not JSON', settable([], []), { extraBody: { at: new Date(0) as never } }, 'plain JSON'],
  ['are not numbers', settable([], []), { temperature: Number.NaN }, 'plain JSON'],
  ['are a list', settable([], []), [] as never, 'not a list'],
  ['are a text', settable([], []), 'fast', 'not a string'],
])('settings that %s end a call before anything is sent', async (_, model, given, words) => {
  const sent: unknown[] = []
  const agent = new Agent({ model: [settable([{ text: 'x' }], sent), model] })
  const error = await failureOf(agent.generate('go', { settings: given as RunSettings }))
  expect(error).toMatchObject({ code: 'invalid-options', message: expect.stringContaining(words) })
  expect(sent).toEqual([])
})

test('a model of a later process that refuses the recorded settings ends the run before its next request', async () => {
  const first = await new Agent({ model: settable([pays], []), tools: [payTool()] }).generate('go', { settings })
  const sent: unknown[] = []
  const pay = payTool()
  const agent = new Agent({ model: settable([{ text: 'x' }], sent, ['temperature']), tools: [pay] })
  const error = await failureOf(agent.resume(moved(first), { answers: { [openQuestion(first)]: approve() } }).result)
  expect(error).toMatchObject({ code: 'invalid-options', message: expect.stringContaining('`temperature` is refused') })
  expect([sent, pay.inputs]).toEqual([[], []])
})

test('resume takes no settings and says why', async () => {
  const agent = new Agent({ model: settable([pays], []), tools: [payTool()] })
  const { state } = await agent.generate('go')
  expect(() => agent.resume(state as RunState, { settings } as never)).toThrow('keeps the settings that it recorded')
})

test('a required tool choice becomes what the model takes with the settings of the run', async () => {
  const base = scriptedModel([{ calls: [call('look')] }, { text: 'done' }])
  const model: Model = { ...base, withSettings: () => ({ ...base, traits: { ...base.traits, toolChoices: ['required'] } }) }
  await new Agent({ model, tools: [testTool('look')] }).generate('go', { toolChoice: 'required', settings: { thinking: 'enabled' } })
  expect(base.requests.map(({ toolChoice }) => toolChoice)).toEqual(['required', undefined])
})
