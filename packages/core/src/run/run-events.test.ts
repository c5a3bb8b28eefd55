import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { collect, tick } from '../testing/runs.ts'
import { call, modelOf, replyEvent, scriptedModel } from '../testing/scripted-model.ts'
import { payTool, testTool } from '../testing/test-tool.ts'

const boom = (): never => {
  throw new Error('boom')
}

function answer() {
  return new Agent({ model: scriptedModel([{ text: 'ok' }]) }).stream('go')
}

test.each(['run-start', 'text-delta'] as const)('the iterator sees the warning about a listener of %s after the event itself', async (type) => {
  const events = await collect(answer().on(type, boom))
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
})

test.each([
  ['at once', boom],
  ['later', async () => boom()],
])('nothing comes after run-end, though its listener throws %s', async (_, listener) => {
  const events = await collect(answer().on('run-end', listener))
  expect(events.at(-1)?.type).toBe('run-end')
})

test('a listener that throws at every event is one warning', async () => {
  const model = modelOf(async function* () {
    for (let count = 0; count < 1_000; count++) yield [{ type: 'text-delta', delta: 'x' }]
    yield [replyEvent('x')]
  })
  const { warnings } = await new Agent({ model }).stream('go').on('text-delta', boom).result
  expect(warnings).toHaveLength(1)
})

test('a listener of two types is removed only from the named one', async () => {
  const heard: string[] = []
  const listener = ({ type }: { readonly type: string }): void => {
    heard.push(type)
  }
  await answer().on('text-delta', listener).on('run-end', listener).off('text-delta', listener).result
  expect(heard).toEqual(['run-end'])
})

test('a listener that is added twice is called once for each event', async () => {
  const heard: string[] = []
  const listener = ({ delta }: { readonly delta: string }): void => {
    heard.push(delta)
  }
  await answer().on('text-delta', listener).on('text-delta', listener).result
  expect(heard).toEqual(['ok'])
})

test('what a listener changes in an event does not reach the tool', async () => {
  const pay = payTool({ needsApproval: false })
  const run = new Agent({ model: scriptedModel([{ calls: [call('pay', { amount: 5 })] }, { text: 'ok' }]), tools: [pay] }).stream('go')
  run.on('tool-start', ({ input }) => Object.assign(input as object, { amount: 999 }))
  await run.result

  expect(pay.inputs).toEqual([{ amount: 5 }])
})

test('without a consumer, only a bounded amount of progress is buffered, and the newest is kept', async () => {
  let finish = (): void => {}
  const noisy = testTool('noisy', (_, { progress }) => {
    for (let count = 1; count <= 2_000; count++) progress(count)
    return new Promise((resolve) => {
      finish = () => resolve('done')
    })
  })
  const run = new Agent({ model: scriptedModel([{ calls: [call('noisy')] }, { text: 'ok' }]), tools: [noisy] }).stream('go')
  await tick()
  const shown: unknown[] = []
  for await (const event of run) {
    if (event.type !== 'tool-progress') continue
    shown.push(event.data)
    if (event.data === 2_000) finish()
  }

  expect(shown.length).toBeLessThanOrEqual(256)
  expect(shown.at(-1)).toBe(2_000)
})

test('progress that is not JSON is dropped: events are JSON', async () => {
  const tool = testTool('odd', (_, { progress }) => {
    progress(1n as never)
    progress('next')
    return 'done'
  })
  const run = new Agent({ model: scriptedModel([{ calls: [call('odd')] }, { text: 'ok' }]), tools: [tool] }).stream('go')
  const shown = (await collect(run)).flatMap((event) => (event.type === 'tool-progress' ? [event.data] : []))

  expect(shown).toEqual(['next'])
})
