import { expect, test } from 'vitest'
import type { Json } from '../../contract/json.ts'
import type { Operation } from '../../contract/operations.ts'
import type { PendingQuestion } from '../../contract/result.ts'
import { soon, tick } from '../../testing/runs.ts'
import { never } from '../../testing/test-tool.ts'
import type { Decision, RunHead } from '../journal.ts'
import type { RunRecord } from '../records.ts'
import { RecordHost, type RecordStore } from './record-host.ts'

function hostOf({ records = [], answers = [] }: { records?: readonly RunRecord[]; answers?: readonly (readonly [string, Json])[] } = {}) {
  const controller = new AbortController()
  const events: unknown[] = []
  const host = new RecordHost({
    runId: 'r',
    records,
    answers: new Map(answers),
    signal: controller.signal,
    emit: (event) => events.push(event),
    room: () => undefined,
  })
  const abort = (): void => {
    controller.abort(new Error('stop'))
    host.abort(controller.signal.reason)
  }
  return { host, events, abort }
}

function operation(id: string, run: Operation<Json>['run'], options: Partial<Operation<Json>> = {}): Operation<Json> {
  return { id, name: 'work', effect: 'read', run, ...options }
}

const head: RunHead = { version: 2, runId: 'r', definition: { format: 1, instructions: null, tools: {}, hooks: [], output: null }, input: [] }

function openRun(of: RunHead): RecordStore {
  const store = { append: async () => {}, readDecisions: async () => [], decide: async (decision: Decision) => decision, close: async () => {} }
  return { head: of, records: [], decisions: [], ...store }
}

/** A promise and what settles it. */
function gate(): { readonly opened: Promise<Json>; readonly open: (value: Json) => void } {
  let open: (value: Json) => void = () => {}
  const opened = new Promise<Json>((resolve) => {
    open = resolve
  })
  return { opened, open: (value) => open(value) }
}

const question = (about: Json): PendingQuestion => ({ id: 'public', position: 'q', about })
const done = (id: string, output: Json = 'recorded'): RunRecord => ({ type: 'done', id, name: 'work', output, ms: 1, waitedMs: 0, executions: 1 })

test('an operation that was recorded is not run again', async () => {
  const { host } = hostOf({ records: [done('a')] })
  const [outcome] = await host.perform([operation('a', () => Promise.reject(new Error('It ran.')))])
  expect(outcome).toMatchObject({ status: 'done', output: 'recorded', replayed: true })
})

test.each([1, 2] as const)('a run in a journal keeps version %d', async (version) => {
  const { host } = hostOf()
  await host.attach(openRun({ ...head, version }))
  expect(host.version).toBe(version)
})

test('a run in a journal that a later release began is refused by name', async () => {
  const { host } = hostOf()
  const attached = host.attach(openRun({ ...head, version: 3 as 2 }))
  await expect(attached).rejects.toMatchObject({ code: 'state-mismatch', message: expect.stringContaining("'r' in the journal has version 3") })
})

test('a once operation that was started and not recorded has an unknown outcome and is not run', async () => {
  const { host } = hostOf({ records: [{ type: 'start', id: 'a', name: 'work' }] })
  const [outcome] = await host.perform([operation('a', () => Promise.reject(new Error('It ran.')), { effect: 'once' })])
  expect(outcome).toEqual({ status: 'unknown' })
})

test.each([
  ['once', ['start', 'done']],
  ['read', ['done']],
  ['idempotent', ['start', 'done']],
] as const)('an operation with the effect %s is recorded as %j', async (effect, types) => {
  const { host } = hostOf()
  await host.perform([operation('a', async () => 1, { effect })])
  expect(host.records.map(({ type }) => type)).toEqual(types)
})

test('the start of a once operation is recorded before its body runs', async () => {
  const { host } = hostOf()
  const seen: unknown[] = []
  await host.perform([operation('a', async () => seen.push(...host.records), { effect: 'once' })])
  expect(seen).toMatchObject([{ type: 'start', id: 'a' }])
})

test('outcomes come in array order, however long each operation takes', async () => {
  const { host } = hostOf()
  const slow = gate()
  const outcomes = await host.perform([
    operation('a', () => slow.opened),
    operation('b', async () => {
      slow.open('slow')
      return 'fast'
    }),
  ])
  expect(outcomes).toMatchObject([{ output: 'slow' }, { output: 'fast' }])
})

test('a defect in one operation starts nothing more of its batch', async () => {
  const { host } = hostOf()
  const slow = gate()
  const started: string[] = []
  const batch = host.perform([
    operation('a', () => Promise.reject(new Error('a defect')), { concurrency: 2 }),
    operation('b', () => slow.opened),
    operation('c', async () => started.push('c'), { effect: 'once' }),
  ])
  await expect(batch).rejects.toThrow('a defect')
  slow.open('late')
  await tick()

  expect(started).toEqual([])
  expect(host.records).toEqual([])
})

test('an operation that ends after its batch was cut by a defect is not recorded and shows nothing', async () => {
  const { host, events } = hostOf()
  const slow = gate()
  const late = operation('b', async ({ emit }) => {
    const value = await slow.opened
    emit({ type: 'step-start', step: 1 })
    return value
  })
  await expect(host.perform([operation('a', () => Promise.reject(new Error('a defect'))), late])).rejects.toThrow('a defect')
  slow.open('late')
  await tick()

  expect([host.records, events]).toEqual([[], []])
})

test('an abort ends the batch at once, whatever its operations do', async () => {
  const { host, abort } = hostOf()
  const batch = host.perform([operation('a', never)])
  abort()
  await expect(soon(batch)).rejects.toThrow('stop')
})

test('an operation that ends after an abort is not recorded', async () => {
  const { host, abort } = hostOf()
  const slow = gate()
  const batch = host.perform([operation('a', () => slow.opened, { effect: 'once' })])
  abort()
  await expect(batch).rejects.toThrow('stop')
  slow.open('late')
  await tick()

  expect(host.records).toMatchObject([{ type: 'start', id: 'a' }])
})

test('after an abort nothing starts', async () => {
  const { host, abort } = hostOf()
  const started: string[] = []
  abort()
  await expect(host.perform([operation('a', async () => started.push('a'))])).rejects.toThrow('stop')
  expect(started).toEqual([])
})

test('nothing new starts while recorded operations were not asked for', async () => {
  const { host } = hostOf({ records: [done('a'), done('b')] })
  const started: string[] = []
  await host.perform([operation('a', never)])
  await expect(host.perform([operation('c', async () => started.push('c'))])).rejects.toMatchObject({ code: 'state-mismatch' })
  expect(started).toEqual([])
})

test('a recorded operation that does something else now is refused', async () => {
  const { host } = hostOf({ records: [done('a')] })
  await expect(host.perform([operation('a', never, { name: 'other' })])).rejects.toMatchObject({ code: 'state-mismatch' })
})

test('a run that ends before it asked for every record took another course', () => {
  expect(() => hostOf({ records: [done('a')] }).host.checkCourse()).toThrow(expect.objectContaining({ code: 'state-mismatch' }))
})

test('an answer fits its question whatever the order of its keys', async () => {
  const records: RunRecord[] = [{ type: 'question', id: 'q', about: { amount: 5, to: { name: 'x', city: 'y' } } }]
  const { host } = hostOf({ records, answers: [['q', { approve: true }]] })
  const [answer] = await host.ask([question({ to: { city: 'y', name: 'x' }, amount: 5 })])
  expect(answer).toMatchObject({ value: { approve: true }, replayed: false })
})

test('an answer does not fit a question that changed since it was asked', async () => {
  const { host } = hostOf({ records: [{ type: 'question', id: 'q', about: { amount: 5 } }], answers: [['q', true]] })
  await expect(host.ask([question({ amount: 6 })])).rejects.toMatchObject({ code: 'state-mismatch' })
})

test('an answer that the run has followed is valid, whatever happened to its question', async () => {
  const records: RunRecord[] = [{ type: 'question', id: 'q', about: { tool: 'old' } }, { type: 'answer', id: 'q', answer: true }, done('a')]
  const [answer] = await hostOf({ records }).host.ask([question({ tool: 'new' })])
  expect(answer).toMatchObject({ value: true, replayed: true })
})
