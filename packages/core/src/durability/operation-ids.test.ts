import { expect, test } from 'vitest'
import {
  callKeyOf,
  isOfChild,
  makeChildId,
  makeChildRunId,
  makeOperationId,
  makeOperationKey,
  maxChildDepth,
  type OperationPosition,
  parseOperationId,
  parseWireId,
  wireIdOf,
} from './operation-ids.ts'

const ids: readonly (readonly [string, OperationPosition])[] = [
  ['steps/2/model/1', { type: 'model', step: 2, attempt: 1 }],
  ['closing/model/3', { type: 'model', step: 'closing', attempt: 3 }],
  ['steps/2/prepare', { type: 'prepare', step: 2 }],
  ['steps/2/stop', { type: 'stop', step: 2 }],
  ['steps/2/output', { type: 'output', step: 2 }],
  ['steps/2/tools/0', { type: 'call', step: 2, index: 0, round: 0 }],
  ['steps/2/tools/0/again/1', { type: 'call', step: 2, index: 0, round: 1 }],
  ['steps/2/tools/0/needs-approval', { type: 'needs-approval', step: 2, index: 0 }],
  ['steps/2/tools/0/approval', { type: 'approval', step: 2, index: 0 }],
  ['steps/2/tools/10/question', { type: 'question', step: 2, index: 10 }],
  ['steps/12/tools/0/outcome/2', { type: 'outcome', step: 12, index: 0, round: 2 }],
]

test('a request for a summary belongs to the step before whose request it is sent', () => {
  const position = { type: 'summary', step: 12, attempt: 2 } as const
  expect(makeOperationId(position)).toBe('steps/12/summary/2')
  expect(parseOperationId('steps/12/summary/2')).toEqual(position)
  expect(parseOperationId('steps/12/summary')).toBeUndefined()
})

test.each(ids)('%s is the id that release 0.1.0 recorded', (id, position) => {
  expect(makeOperationId(position)).toBe(id)
  expect(parseOperationId(id)).toEqual(position)
})

test.each([
  ['steps/3/tools/1/start', { type: 'start', path: [{ step: 3, index: 1 }] }],
  ['steps/3/tools/1/closing/model/2', { type: 'model', step: 'closing', attempt: 2, path: [{ step: 3, index: 1 }] }],
  ['steps/3/tools/1/steps/2/tools/0', { type: 'call', step: 2, index: 0, round: 0, path: [{ step: 3, index: 1 }] }],
  [
    'steps/3/tools/1/steps/12/tools/0/steps/2/tools/10/outcome/2',
    {
      type: 'outcome',
      step: 2,
      index: 10,
      round: 2,
      path: [
        { step: 3, index: 1 },
        { step: 12, index: 0 },
      ],
    },
  ],
] as const)('%s is the id of an operation of a child', (id, position) => {
  expect(makeOperationId(position)).toBe(id)
  expect(parseOperationId(id)).toEqual(position)
  expect(isOfChild(id)).toBe(true)
  const { path, ...own } = position
  expect(path.reduceRight((inner, call) => makeChildId(call, inner), makeOperationId(own))).toBe(id)
  expect(path.reduce(makeChildRunId, 'r')).toBe(makeOperationKey('r', id.slice(0, -makeOperationId(own).length - 1)))
})

test.each(['approval', 'again/1', 'tools/0', '/start', 'start/start', 'start ', 'Start', ' steps/1/prepare', 'steps/1/prepare/', ''])(
  'no child has an operation %j',
  (id) => {
    expect(() => makeChildId({ step: 1, index: 0 }, id)).toThrow(RangeError)
    expect(parseOperationId(`steps/1/tools/0/${id}`)?.path).toBeUndefined()
  },
)

test.each([
  { step: 0, index: 0 },
  { step: 1, index: -1 },
  { step: 1.5, index: 0 },
  { step: 1, index: Number.NaN },
  { step: 10 ** 15, index: 0 },
])('no call is at $step and $index', (call) => {
  expect(() => makeChildId(call, 'start')).toThrow(RangeError)
})

test('an id is nested at most as deep as children are, however long the text is', () => {
  const nested = (depth: number): string => `${'steps/1/tools/0/'.repeat(depth)}start`
  expect(parseOperationId(nested(maxChildDepth))?.path).toHaveLength(maxChildDepth)
  expect(parseOperationId(nested(maxChildDepth + 1))).toBeUndefined()
  expect(() => makeChildId({ step: 1, index: 0 }, nested(maxChildDepth))).toThrow(RangeError)
  expect(parseOperationId(nested(100_000))).toBeUndefined()
})

// A linear congruential generator, so that a failure can be repeated.
function numbersFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * below)
  }
}

function somePosition(below: (limit: number) => number): OperationPosition {
  const size = 10 ** (1 + below(15))
  const count = (): number => 1 + below(size - 1)
  const call = { step: count(), index: below(size) }
  const made: readonly OperationPosition[] = [
    { type: 'model', step: below(2) === 0 ? 'closing' : count(), attempt: count() },
    { type: 'start' },
    { type: 'prepare', step: count() },
    { type: 'stop', step: count() },
    { type: 'output', step: count() },
    { type: 'call', ...call, round: below(2) * count() },
    { type: 'needs-approval', ...call },
    { type: 'approval', ...call },
    { type: 'question', ...call },
    { type: 'outcome', ...call, round: count() },
  ]
  const own = made[below(made.length)] as OperationPosition
  const depth = Math.max(0, below(maxChildDepth * 2) - maxChildDepth + 1)
  return depth === 0 ? own : { ...own, path: Array.from({ length: depth }, () => ({ step: count(), index: below(size) })) }
}

test('every position is read back from its id, and two positions never share one', () => {
  const below = numbersFrom(7)
  const byId = new Map<string, OperationPosition>()
  for (let round = 0; round < 5_000; round++) {
    const position = somePosition(below)
    const id = makeOperationId(position)
    expect(parseOperationId(id)).toEqual(position)
    expect(byId.get(id) ?? position).toEqual(position)
    byId.set(id, position)
  }
})

test('a text that differs from an id in one character is not a position, or is the position of exactly that text', () => {
  const below = numbersFrom(11)
  const alphabet = '/0123456789-abcdeghilmnopqrstuv \n'
  for (let round = 0; round < 20_000; round++) {
    const id = makeOperationId(somePosition(below))
    const at = below(id.length + 1)
    const changed = id.slice(0, at) + (alphabet[below(alphabet.length + 4)] ?? '') + id.slice(at + below(2))
    const position = parseOperationId(changed)
    if (position !== undefined) expect(makeOperationId(position)).toBe(changed)
  }
})

test.each([
  '',
  'end',
  'steps',
  'steps/0/prepare',
  'steps/01/prepare',
  'steps/1e3/prepare',
  'steps/1/model',
  'steps/1/model/0',
  'steps/1/tools/-1',
  'steps/1/tools/00',
  'steps/1/tools/0/again/0',
  'steps/1/tools/0/outcome',
  'steps/1/tool/0/approval',
  'steps/1/approval',
  'closing/prepare',
  'run-1/steps/1/prepare',
  'steps/1/prepare\n',
  'steps/9999999999999999/prepare',
])('the text %j is no position', (text) => {
  expect(parseOperationId(text)).toBeUndefined()
})

test('the key of a call is made from the position of its deltas, also inside an agent', () => {
  expect(callKeyOf({ step: 2, index: 0 })).toBe('steps/2/tools/0')
  expect(callKeyOf({ step: 1, index: 3 }, 'steps/2/tools/0')).toBe('steps/2/tools/0/steps/1/tools/3')
  expect(callKeyOf({ step: 1, index: 0 }, callKeyOf({ step: 1, index: 3 }, 'steps/2/tools/0'))).toBe('steps/2/tools/0/steps/1/tools/3/steps/1/tools/0')
  expect(() => callKeyOf({ step: 1, index: 0 }, 'steps/2/tools/0/approval')).toThrow(RangeError)
  expect(() => callKeyOf({ step: 1, index: 0 }, 'anything')).toThrow(RangeError)
  expect(() => callKeyOf({ step: 0, index: 0 })).toThrow(RangeError)
  expect(() => callKeyOf({ step: 1, index: 1.5 })).toThrow(RangeError)
})

test('ids on the wire name the run, whatever its id is', () => {
  const ids = ['r1', 'r2', 'tenant:7', ':'].map((runId) => wireIdOf(runId, callKeyOf({ step: 1, index: 0 })))
  expect(ids[0]).toBe('r1:steps/1/tools/0')
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.map(parseWireId)).toEqual(['r1', 'r2', 'tenant:7', ':'].map((runId) => ({ runId, key: 'steps/1/tools/0' })))
  expect(['', 'r1', ':key', 'r1:'].map(parseWireId)).toEqual([undefined, undefined, undefined, undefined])
})
