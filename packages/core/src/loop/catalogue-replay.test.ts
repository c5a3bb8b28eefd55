import { describe, expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve } from '../contract/answers.ts'
import type { CatalogueOption, ToolSource } from '../contract/catalogue.ts'
import type { RunState } from '../contract/result.ts'
import type { Tool } from '../contract/tool.ts'
import { callFound, manyTools, searchWeather, weatherTool } from '../testing/many-tools.ts'
import { abortAt, failureOf, moved, openQuestion, resultIn, stateIn } from '../testing/runs.ts'
import { type Answer, call, scriptedModel } from '../testing/scripted-model.ts'
import { never, recordingTool, testTool } from '../testing/test-tool.ts'

const done: Answer = { text: 'It rains.' }
const callWeather: Answer = { calls: [callFound('get_weather', { city: 'Oslo' })] }

interface Setting {
  readonly tools: readonly Tool<never>[]
  readonly answers: readonly Answer[]
  readonly catalogue?: CatalogueOption
}

function agentOf({ tools, answers, catalogue }: Setting): Agent {
  return new Agent({ model: scriptedModel(answers), tools: tools as readonly Tool[], ...(catalogue && { catalogue }) })
}

/** Resumes in another process, with what the caller would have there. */
function resume(state: RunState, setting: Setting, answers = {}) {
  return agentOf(setting).resume(state, { acceptAnswers: true, answers }).result
}

/** The state of a run whose process ended when it asked the model for the step after these answers. */
async function killedAfter(answers: readonly Answer[], tools: readonly Tool<never>[], catalogue?: CatalogueOption): Promise<RunState> {
  const run = agentOf({ tools, answers: [...answers, { hangs: true }], ...(catalogue && { catalogue }) }).stream('go')
  let steps = 0
  run.on('attempt', () => {
    steps++
    if (steps > answers.length) setImmediate(() => run.abort())
  })
  const failure = await run.result.catch((error: unknown) => error)
  return JSON.parse(JSON.stringify(stateIn((failure as { result: Parameters<typeof stateIn>[0] }).result))) as RunState
}

describe('a tool that vanished', () => {
  test('between the search and the call: the search is replayed, and the call is answered with unknown-tool', async () => {
    const state = await killedAfter([searchWeather], manyTools(weatherTool()))
    const result = await resume(state, { tools: manyTools(), answers: [callWeather, done] })

    expect(result.steps[0]?.toolResults[0]).toMatchObject({ foundTools: ['get_weather'] })
    expect(result.steps[1]?.toolResults[0]).toMatchObject({ status: 'unknown-tool', text: expect.stringContaining("there is no tool 'get_weather'") })
    expect(result).toMatchObject({ status: 'finished', toolCalls: 0 })
  })

  test('after its call: the call is replayed from its record', async () => {
    const state = await killedAfter([callWeather], manyTools(weatherTool()))
    const result = await resume(state, { tools: manyTools(), answers: [done] })

    expect(result.steps[0]?.toolResults[0]).toMatchObject({ toolName: 'get_weather', status: 'ok', text: 'get_weather done' })
    expect(result).toMatchObject({ status: 'finished', toolCalls: 1 })
  })

  test('after an invalid call: the call is refused as it was', async () => {
    const tool = weatherTool({ inputSchema: { type: 'object', properties: { city: { type: 'string' }, x: { type: 'number' } } } })
    const answer: Answer = {
      calls: [call('call_tool', '{"name":"get_weather","input":{"x":12345678901234567890}}'), callFound('get_weather', '{"city":12345678901234567890}')],
    }
    const state = await killedAfter([answer], manyTools(tool))
    const result = await resume(state, { tools: manyTools(), answers: [done] })

    expect(result.steps[0]?.toolResults.map(({ status }) => status)).toEqual(['invalid-input', 'ok'])
  })

  test.each(['read', 'once'] as const)(
    'while its call of effect %s was under way: it does not run, and a call that may have had its effect is asked about',
    async (effect) => {
      const hanging = weatherTool({ effect, run: never })
      const aborted = await abortAt(agentOf({ tools: manyTools(hanging), answers: [callWeather] }).stream('go'), 'tool-start')
      const result = await resume(moved(aborted), { tools: manyTools(), answers: [done] })
      if (effect === 'read') {
        expect(result.steps[0]?.toolResults[0]).toMatchObject({
          toolName: 'get_weather',
          status: 'unknown-tool',
          text: expect.stringContaining('is not there any more'),
        })
        expect(result).toMatchObject({ status: 'finished', toolCalls: 0 })
        return
      }
      expect(result).toMatchObject({ status: 'paused', pending: [{ about: { type: 'outcome', toolName: 'get_weather' } }] })
      const settled = await resume(moved(result), { tools: manyTools(), answers: [done] }, { [openQuestion(result)]: { output: 'It was paid.' } })
      expect(settled.steps[0]?.toolResults[0]).toMatchObject({ status: 'ok', text: 'It was paid.' })
    },
  )

  test('while a person was asked: the answer fits, and the call is answered with unknown-tool', async () => {
    const gated = weatherTool({ needsApproval: true })
    const paused = await agentOf({ tools: manyTools(gated), answers: [callWeather] }).generate('go')
    const result = await resume(moved(paused), { tools: manyTools(), answers: [done] }, { [openQuestion(paused)]: approve() })

    expect(result.steps[0]?.toolResults[0]).toMatchObject({ status: 'unknown-tool' })
    expect(gated.inputs).toEqual([])
  })

  test('before its gate said anything: nobody is asked, and the call is answered with unknown-tool', async () => {
    const run: { abort?: () => void } = {}
    const gated = weatherTool({
      needsApproval: () => {
        setImmediate(() => run.abort?.())
        return never()
      },
    })
    const begun = agentOf({ tools: manyTools(gated), answers: [callWeather] }).stream('go')
    run.abort = () => begun.abort()
    const state = moved(resultIn(await failureOf(begun.result)))
    const result = await resume(state, { tools: manyTools(), answers: [done] })

    expect(result).toMatchObject({ status: 'finished', toolCalls: 0 })
    expect(result.steps[0]?.toolResults[0]).toMatchObject({ status: 'unknown-tool' })
  })

  test('of which each call repeats is told so as before', async () => {
    const polling = weatherTool({ repeatable: true })
    const state = await killedAfter([callWeather, callWeather, callWeather], manyTools(polling))
    const result = await resume(state, { tools: manyTools(), answers: [done] })

    expect(result.steps.map(({ toolResults }) => toolResults[0]?.status)).toEqual(['ok', 'ok', 'ok', undefined])
  })
})

test('a tool that changed while its call was under way does not run as something else', async () => {
  const aborted = await abortAt(agentOf({ tools: manyTools(weatherTool({ run: never })), answers: [callWeather] }).stream('go'), 'tool-start')
  const changed = weatherTool({ version: '2' })
  const result = await resume(moved(aborted), { tools: manyTools(changed), answers: [done] })

  expect(result.steps[0]?.toolResults[0]).toMatchObject({ status: 'unknown-tool', text: expect.stringContaining('has changed') })
  expect(changed.inputs).toEqual([])
})

test('only a step with a call that is not in the list of the request records what its calls mean', async () => {
  const plan = recordingTool('plan', { pinned: true })
  const answers = [{ calls: [call('plan'), call('search_tools', { query: 'x' })] }, { calls: [call('plan'), call('tool_1')] }]
  const { records } = await killedAfter(answers, manyTools(plan))

  expect(records.map(({ id }) => String(id)).filter((id) => id.endsWith('/resolve'))).toEqual(['steps/2/resolve'])
})

test('a search is not made again, whatever the tools and their ranking are now', async () => {
  const state = await killedAfter([searchWeather], manyTools(weatherTool()))
  const model = scriptedModel([done])
  const rank = () => Promise.reject(new Error('It is not asked.'))
  const result = await new Agent({ model, tools: manyTools(), rank }).resume(state).result

  expect(result.steps[0]?.toolResults[0]).toMatchObject({ status: 'ok', foundTools: ['get_weather'] })
})

describe('a run keeps the way in which it offers its tools', () => {
  const few = Array.from({ length: 10 }, (_, index) => testTool(`tool_${index}`))

  test('by a search, also where the agent has few tools now', async () => {
    const pinned = recordingTool('plan', { pinned: true })
    const state = await killedAfter([searchWeather], manyTools(weatherTool(), pinned))
    const model = scriptedModel([{ calls: [callFound('get_weather'), call('search_tools', { query: 'plan' })] }, done])
    const result = await new Agent({ model, tools: [...few, weatherTool(), pinned] }).resume(state).result

    expect(model.requests[0]?.tools?.map(({ name }) => name).slice(0, 3)).toEqual(['plan', 'search_tools', 'call_tool'])
    expect(result.steps[1]?.toolResults).toMatchObject([{ status: 'ok' }, { foundTools: ['plan'] }])
    expect(result.warnings).toMatchObject([{ code: 'definition-changed', message: expect.stringContaining('the names of the tools in the catalogue') }])
  })

  test('by a list, also where the agent has many tools now', async () => {
    const state = await killedAfter([{ calls: [call('tool_1')] }], few)
    const model = scriptedModel([{ calls: [call('tool_2'), call('get_weather')] }, done])
    const result = await new Agent({ model, tools: manyTools(weatherTool()) }).resume(state).result

    expect(model.requests[0]?.tools?.map(({ name }) => name).slice(0, 10)).toEqual(few.map(({ name }) => name))
    expect(result.steps[1]?.toolResults.map(({ status }) => status)).toEqual(['ok', 'unknown-tool'])
  })
})

describe('a source of tools', () => {
  function serverOf(first: readonly Tool[]) {
    let list = first
    const source: ToolSource = { name: 'server', list: () => list }
    return { source, change: (tools: readonly Tool[]) => (list = tools) }
  }

  test('that changes in a run changes what is found and called, and not the list of the request', async () => {
    const { source, change } = serverOf(manyTools())
    const model = scriptedModel([searchWeather, searchWeather, callWeather, { calls: [callFound('tool_1')] }, done])
    const run = new Agent({ model, tools: [source] }).stream('go')
    run.on('step-end', ({ step }) => {
      if (step === 1) change([weatherTool()])
    })
    const result = await run.result

    expect(result.steps.slice(0, 4).map(({ toolResults: [only] }) => only?.foundTools ?? only?.status)).toEqual([[], ['get_weather'], 'ok', 'unknown-tool'])
    expect(new Set(model.requests.map(({ tools }) => tools)).size).toBe(1)
  })

  test('that fails, or lists what is not a tool, leaves the tools as they were', async () => {
    const broken = [{ ...testTool('bad'), description: '' }, { name: 'worse' } as Tool]
    const { source, change } = serverOf(manyTools())
    const model = scriptedModel([{ calls: [callFound('bad')] }, { calls: [callFound('tool_1')] }, done])
    const run = new Agent({ model, tools: { server: source } }).stream('go')
    run.on('step-end', ({ step }) => {
      if (step === 1) change(undefined as never)
    })
    change([...manyTools(), ...broken])
    const result = await run.result

    expect(result.steps.slice(0, 2).map(({ toolResults: [only] }) => only?.status)).toEqual(['unknown-tool', 'ok'])
  })

  test('of few tools is offered as it was when the agent was made', async () => {
    const { source, change } = serverOf([testTool('tool_1')])
    const model = scriptedModel([{ calls: [call('tool_1'), call('tool_2')] }, done])
    const agent = new Agent({ model, tools: [testTool('own'), source] })
    change([testTool('tool_2')])
    const result = await agent.generate('go')

    expect(model.requests[0]?.tools?.map(({ name }) => name).slice(0, 2)).toEqual(['own', 'tool_1'])
    expect(result.steps[0]?.toolResults.map(({ status }) => status)).toEqual(['ok', 'unknown-tool'])
  })

  test('with a name that is taken, or that lists no tools, is refused with the place', () => {
    const { source } = serverOf([testTool('look')])
    const model = scriptedModel([])
    const place = 'Tool "look": at /name, it is at tools/1 (source "server")/0, and at tools/0 there is a tool which has this name too.'
    expect(() => new Agent({ model, tools: [testTool('look'), source] })).toThrow(
      expect.objectContaining({ code: 'invalid-tool', message: expect.stringContaining(place) }),
    )
    expect(() => new Agent({ model, tools: [{ name: 'x', list: () => 5 as never }] })).toThrow(
      expect.objectContaining({ code: 'invalid-tool', message: expect.stringContaining('tools/0') }),
    )
  })
})
