import { expect, test } from 'vitest'
import type { Json } from '../../contract/json.ts'
import type { Operation, Operations } from '../../contract/operations.ts'
import type { PendingQuestion } from '../../contract/result.ts'
import type { QuestionIds } from '../../loop/state/question-ids.ts'
import { answerOf, childOf, DyingHost, loopChild, nestingChild, parentOn, type Steps, work } from '../../testing/children.ts'
import { soon, tick } from '../../testing/runs.ts'
import { never } from '../../testing/test-tool.ts'
import { questionsIn } from '../decisions.ts'
import { stopRequest } from '../hosts/batch.ts'
import type { RecordHost } from '../hosts/record-host.ts'
import type { RunHead } from '../journal.ts'
import { finishedEvents } from '../read-run.ts'
import type { RunRecord } from '../records.ts'
import { callOf } from '../replay.ts'
import { type Child, runChildren } from './run-children.ts'

const head: RunHead = { version: 2, runId: 'r', definition: { format: 1, instructions: null, tools: {}, hooks: [], output: null }, input: [] }

const team: readonly Steps[] = [[['look', 'ship'], ['pay'], ['book']], [['ship']], [['book'], ['look'], ['ship', 'ship'], ['look']]]

/** What a process of the run comes to. */
type Process = (host: RecordHost, effects: string[]) => Promise<{ readonly ends: Json } | { readonly pending: readonly PendingQuestion[] }>

const flat: Process = async (host, effects) => {
  const end = await runChildren(
    await parentOn(host),
    team.map((steps, index) => loopChild(index, steps, effects)),
  )
  return end.pending === undefined ? { ends: end.ends as unknown as Json } : end
}

const nested: Process = async (host, effects) => {
  const parent = await parentOn(host)
  const inner = [loopChild(0, [['ship'], ['pay']], effects), loopChild(1, [['look'], ['book'], ['ship']], effects)]
  const end = await runChildren(parent, [nestingChild(0, inner, parent.questionIds), loopChild(1, [['ship'], ['pay']], effects)])
  return end.pending === undefined ? { ends: end.ends as unknown as Json } : end
}

interface Ended {
  readonly ends: Json
  readonly records: readonly RunRecord[]
  readonly effects: readonly string[]
  /** Questions about outcomes that were answered. */
  readonly unknown: number
}

/** Runs processes until the run has ended: the first is killed as soon as there are so many records. */
async function toEnd(start: Process, killAt?: number): Promise<Ended> {
  const effects: string[] = []
  let [records, answers, unknown]: [readonly RunRecord[], ReadonlyMap<string, Json>, number] = [[], new Map(), 0]
  for (let process = 0; process < 10; process++) {
    const host = new DyingHost(records, answers, process === 0 ? killAt : undefined)
    const end = await soon(start(host, effects)).catch((error: unknown) => {
      if (String(error) !== 'Error: killed') throw error
      return undefined
    })
    records = [...host.records]
    if (end !== undefined && 'ends' in end) {
      host.checkCourse()
      return { ends: end.ends, records, effects, unknown }
    }
    const pending = end?.pending ?? []
    unknown += pending.filter(({ position }) => position.includes('/outcome/')).length
    answers = new Map(pending.map((question) => [question.position, answerOf(question, effects)]))
  }
  throw new Error('The run did not end within 10 processes.')
}

test.each([
  ['three children of 4, 2 and 5 steps', flat],
  ['a child with two children, beside another child', nested],
] as const)('%s: killed at each record, the run ends the same, and nothing is done twice', async (_name, start) => {
  const whole = await toEnd(start)
  const once = (effects: readonly string[]): readonly string[] => effects.filter((line) => /^(?:ship|pay) /.test(line)).sort()
  expect(new Set(once(whole.effects)).size).toBe(once(whole.effects).length)
  let asked = 0
  for (let killAt = 1; killAt <= whole.records.length; killAt++) {
    const { ends, effects, unknown } = await toEnd(start, killAt)
    expect([killAt, ends]).toEqual([killAt, whole.ends])
    expect(once(effects)).toEqual(once(whole.effects))
    asked += unknown
  }
  expect(whole.records.length).toBeGreaterThan(30)
  expect(asked).toBeGreaterThan(3)
})

/** What is performed together, by the ids of the root. */
class Rounds extends DyingHost {
  readonly batches: (readonly string[])[] = []

  override async perform<Output>(operations: readonly Operation<Output>[]) {
    this.batches.push(operations.map(({ id }) => id))
    return await super.perform(operations)
  }
}

test('a round runs the batches of all children in the order of the children, and a child that ended leaves the others their rounds', async () => {
  const host = new Rounds()
  const parent = await parentOn(host)
  const runs = [1, 3, 2].map((count, index) =>
    childOf(index, async (operations) => {
      for (let step = 1; step <= count; step++) await operations.perform([work(`steps/${step}/model/1`), work(`steps/${step}/model/2`)])
      return operations.runId
    }),
  )
  const { ends } = await soon(runChildren(parent, runs))
  const ids = (step: number, children: readonly number[]) => children.flatMap((child) => [1, 2].map((n) => `steps/1/tools/${child}/steps/${step}/model/${n}`))
  expect(host.batches.slice(1)).toEqual([ids(1, [0, 1, 2]), ids(2, [1, 2]), ids(3, [1])])
  expect(ends).toEqual([0, 1, 2].map((index) => ({ status: 'fulfilled', value: `r/steps/1/tools/${index}` })))
})

test('a body of a child has the key of its path', async () => {
  const keys: string[] = []
  const child = childOf(2, async (operations) => {
    await operations.perform([work('steps/4/tools/0/again/1', { run: async ({ key }) => keys.push(key) })])
  })
  await runChildren(await parentOn(new DyingHost()), [child])
  expect(keys).toEqual(['r/steps/1/tools/2/steps/4/tools/0/again/1'])
})

test('a child that throws has ended with what it threw, at once or later, and the others continue', async () => {
  const broken = new Error('broken')
  const children: readonly Child<unknown>[] = [
    childOf(0, () => {
      throw broken
    }),
    childOf(1, async (operations) => {
      await operations.perform([work('steps/1/model/1')])
      throw broken
    }),
    loopChild(2, [['look'], ['look']], []),
  ]
  const { ends } = await soon(runChildren(await parentOn(new DyingHost()), children))
  expect(ends).toMatchObject([{ status: 'rejected', reason: broken }, { status: 'rejected', reason: broken }, { status: 'fulfilled' }])
})

test('a run without children has nothing to do, and empty batches have no outcomes', async () => {
  const parent = await parentOn(new DyingHost())
  expect(await soon(runChildren(parent, []))).toEqual({ ends: [] })
  const empty = childOf(0, async (operations) => [await operations.perform([]), await operations.ask([])])
  expect(await soon(runChildren(parent, [empty]))).toEqual({ ends: [{ status: 'fulfilled', value: [[], []] }] })
})

test('an abort ends all children at once, whatever their operations do, and nothing begins afterwards', async () => {
  const host = new DyingHost()
  const reasons: unknown[] = []
  const stuck = childOf<unknown>(
    0,
    async (operations) => await operations.perform([work('steps/1/model/1', { run: never })]).catch((reason) => reasons.push(reason)),
  )
  const stubborn = childOf<unknown>(1, async (operations) => {
    await operations.perform([work('steps/1/model/1')]).catch((reason) => reasons.push(reason))
    await operations.perform([work('steps/2/model/1')]).catch((reason) => reasons.push(reason))
  })
  const running = runChildren(await parentOn(host), [stuck, stubborn])
  await tick()
  host.kill()
  await expect(soon(running)).rejects.toThrow('killed')
  await tick()
  expect(reasons.map(String)).toEqual(['Error: killed', 'Error: killed', 'Error: killed'])
  expect(host.records.map(({ id }) => id)).toEqual(['start', 'steps/1/tools/1/steps/1/model/1'])
})

test('a stop lets what has begun end and be recorded, and the children continue from there', async () => {
  const effects: string[] = []
  const host = new DyingHost()
  const stopping = childOf(3, async (operations) => {
    await operations.perform([work('steps/1/model/1', { run: async () => host.stop() ?? null })])
  })
  const children: readonly Child<unknown>[] = [...team.map((steps, index) => loopChild(index, steps, effects)), stopping]
  await expect(soon(parentOn(host).then((parent) => runChildren(parent, children)))).rejects.toBe(stopRequest)
  expect(host.records).toHaveLength(5)

  const next = new DyingHost(host.records)
  const { pending } = await soon(parentOn(next).then((parent) => runChildren(parent, children)))
  expect(pending).toHaveLength(1)
  expect(effects.filter((line) => line.startsWith('ship'))).toHaveLength(4)
})

test('people are asked once no child has work left, by an id that they can answer', async () => {
  const host = new DyingHost()
  const parent = await parentOn(host)
  const children = [loopChild(0, [['pay']], []), loopChild(1, [['look'], ['look'], ['pay']], [])]
  const { pending = [] } = await soon(runChildren(parent, children))
  expect(pending.map(({ position }) => position)).toEqual(['steps/1/tools/0/steps/1/tools/0/approval', 'steps/1/tools/1/steps/3/tools/0/approval'])
  expect(questionsIn(host.records)).toEqual(pending)
  expect(host.records.findLastIndex(({ type }) => type === 'done')).toBeLessThan(host.records.findIndex(({ type }) => type === 'question'))
})

test('no child continues while a question of another child is pending: otherwise the next process finds records in another order', async () => {
  const parent = await parentOn(new DyingHost())
  const ask: Operations['ask'] = async (questions) =>
    questions.map((question, index) => (index === 0 ? { status: 'answered', value: true, replayed: false } : { status: 'pending', question }))
  const host: Operations = { runId: 'r', version: 2, perform: (operations) => parent.operations.perform(operations), ask }
  const ended: string[] = []
  const children = [0, 1].map((index) =>
    childOf(index, async (operations) => {
      await operations.ask([{ id: '', position: 'steps/1/tools/0/approval', about: {} }])
      ended.push(operations.runId)
    }),
  )
  const { pending } = await soon(runChildren({ ...parent, operations: host }, children))
  await tick()
  expect([pending?.map(({ position }) => position), ended]).toEqual([['steps/1/tools/1/steps/1/tools/0/approval'], []])
})

test('a request of a child that failed for good is the end of the child, wherever the process dies: no other request replaces it', async () => {
  const failing = (host: DyingHost) => async (operations: Operations) => {
    const failed = { status: 'failed', error: { code: 'auth-failed', message: 'no' } }
    const [outcome] = await operations.perform<Json>([work('steps/1/model/1', { name: 'model', run: async () => failed })])
    return [host.records.length, outcome]
  }
  const first = new DyingHost([], new Map(), 2)
  await expect(parentOn(first).then((parent) => runChildren(parent, [childOf(0, failing(first))]))).rejects.toThrow('killed')
  const next = new DyingHost(first.records)
  const { ends } = await runChildren(await parentOn(next), [childOf(0, failing(next))])
  expect(ends).toMatchObject([{ value: [2, { output: { status: 'failed' }, replayed: true }] }])
  expect(ends?.[0]).not.toHaveProperty('value.1.output.retryInMs')
})

test.each([
  ['an id that no operation has', 'steps/1/tools/0/../../2/prepare'],
  ['an empty id', ''],
  ['an id that leaves its path', '/steps/1/prepare'],
  ['an id that is nested too deep', `${'steps/1/tools/0/'.repeat(8)}steps/1/prepare`],
])('a child with %s is refused, and nothing of it is performed', async (_name, id) => {
  const host = new DyingHost()
  const tries: readonly Child<unknown>[] = [
    childOf(0, (operations) => operations.perform([work(id)])),
    childOf(1, (operations) => operations.ask([{ id: '', position: id, about: {} }])),
  ]
  const { ends } = await soon(runChildren(await parentOn(host), tries))
  expect(ends).toMatchObject([0, 1].map(() => ({ status: 'rejected', reason: expect.any(RangeError) })))
  expect(host.records).toHaveLength(1)
})

test('children are nested as deep as ids go, and no deeper', async () => {
  const deep = (depth: number, questionIds: QuestionIds): Child<string> =>
    childOf(0, async (operations) => {
      if (depth === 1) return JSON.stringify(await operations.perform([work('steps/1/prepare')]))
      return await runChildren({ operations, questionIds }, [deep(depth - 1, questionIds)]).then((end) => JSON.stringify(end), String)
    })
  const parent = await parentOn(new DyingHost())
  expect(JSON.stringify(await runChildren(parent, [deep(8, parent.questionIds)]))).toContain('steps/1/prepare')
  expect(JSON.stringify(await runChildren(parent, [deep(9, parent.questionIds)]))).toContain('RangeError: Children are nested at most 8 deep.')
})

test('two children of one call are refused, and so are children of a run of release 0.1.0', async () => {
  const host = new DyingHost()
  const parent = await parentOn(host)
  const child = childOf(0, async () => 'ended')
  await expect(runChildren(parent, [child, child])).rejects.toThrow('Two children answer one call')
  const old: Operations = { runId: 'r', version: 1, perform: (operations) => host.perform(operations), ask: (questions) => host.ask(questions) }
  await expect(runChildren({ ...parent, operations: old }, [child])).rejects.toThrow('has no children')
})

test('a child waits for one batch at a time, and one that ended without its outcome does not hold up the others', async () => {
  const hasty = childOf(0, async (operations) => {
    operations.perform([work('steps/1/model/1')]).catch(() => {})
    return await operations.perform([work('steps/2/model/1')]).catch((error) => error.code)
  })
  const children: readonly Child<unknown>[] = [hasty, loopChild(1, [['look']], [])]
  const { ends } = await soon(runChildren(await parentOn(new DyingHost()), children))
  expect(ends).toMatchObject([{ status: 'fulfilled', value: 'internal' }, { status: 'fulfilled' }])
})

test('the answer to a question of a child sets the call of that child going', () => {
  const inChild = 'steps/1/tools/0/steps/2/tools/1'
  expect(['approval', 'question', 'outcome/2', 'edited'].map((suffix) => callOf(`${inChild}/${suffix}`))).toEqual([
    inChild,
    inChild,
    `${inChild}/again/2`,
    inChild,
  ])
})

test('a reader who connects late gets nothing of a child as if it were a step of the run', async () => {
  const host = new DyingHost()
  await runChildren(await parentOn(host), [loopChild(0, [['look']], [])])
  expect(host.records.filter(({ type, id }) => type === 'done' && id.includes('/model/'))).toHaveLength(2)
  expect(finishedEvents({ head, records: host.records, decisions: [] })).toEqual([])
})
