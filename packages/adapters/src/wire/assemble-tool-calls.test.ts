import type { Json, ModelEvent, ToolCallPart, ToolDefinition } from '@capstan/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultLimits } from '../profiles/plain.ts'
import { ToolCallAssembler } from './assemble-tool-calls.ts'

interface Call {
  readonly id: string
  readonly name: string
  readonly input: string
}

type Fragments = readonly (readonly Json[])[]

/** Text in pieces, cut at the given places. */
function cut(text: string, places: readonly number[]): readonly string[] {
  const borders = [0, ...places.map((place) => place % (text.length + 1)).toSorted((left, right) => left - right), text.length]
  return borders.slice(1).map((end, index) => text.slice(borders[index], end))
}

/** How servers send the same calls: each gives deltas, each a list of fragments. */
const shapes: Readonly<Record<string, (calls: readonly Call[], places: readonly number[]) => Fragments>> = {
  'DeepSeek: head, then pieces by index': (calls, places) =>
    calls.flatMap(({ id, name, input }, index) => [
      [{ index, id, type: 'function', function: { name, arguments: '' } }],
      ...cut(input, places).map((piece) => [{ index, function: { arguments: piece } }]),
    ]),
  'Qwen: empty ids and the type repeated, a last empty piece': (calls, places) =>
    calls.flatMap(({ id, name, input }, index) => [
      [{ index, id, type: 'function', function: { name, arguments: '' } }],
      ...cut(input, places).map((piece) => [{ index, id: '', type: 'function', function: { arguments: piece } }]),
      [{ index, id: '', type: 'function', function: { arguments: '' } }],
    ]),
  'the id and the name repeated with each piece': (calls, places) =>
    calls.flatMap(({ id, name, input }, index) => cut(input, places).map((piece) => [{ index, id, function: { name, arguments: piece } }])),
  'xAI: each call whole, in one chunk': (calls) => [
    calls.map(({ id, name, input }, index) => ({ index, id, type: 'function', function: { name, arguments: input } })),
  ],
  'indexes that do not begin at 0 and have gaps': (calls, places) =>
    calls.flatMap(({ id, name, input }, index) => [
      [{ index: 1 + index * 3, id, function: { name, arguments: '' } }],
      ...cut(input, places).map((piece) => [{ index: 1 + index * 3, function: { arguments: piece } }]),
    ]),
  'always index 0, a new id for each call': (calls, places) =>
    calls.flatMap(({ id, name, input }) => [
      [{ index: 0, id, function: { name, arguments: '' } }],
      ...cut(input, places).map((piece) => [{ index: 0, function: { arguments: piece } }]),
    ]),
  'no index, a new id for each call': (calls, places) =>
    calls.flatMap(({ id, name, input }) => [
      [{ id, function: { name, arguments: '' } }],
      ...cut(input, places).map((piece) => [{ function: { arguments: piece } }]),
    ]),
  'arguments before the name': (calls) =>
    calls.flatMap(({ id, name, input }, index) => [
      [{ index, function: { arguments: input.slice(0, 3) } }],
      [{ index, id, function: { name } }],
      [{ index, function: { arguments: input.slice(3) } }],
    ]),
  'interleaved by index': (calls, places) => {
    const heads = calls.map(({ id, name }, index) => [{ index, id, function: { name, arguments: '' } }])
    const pieces = calls.map(({ input }) => cut(input, places))
    const rounds = Math.max(...pieces.map((list) => list.length))
    const rest = Array.from({ length: rounds }, (_, round) =>
      pieces.flatMap((list, index) => (list[round] === undefined ? [] : [{ index, function: { arguments: list[round] } }])),
    )
    return [...heads, ...rest]
  },
}

function assemble(deltas: Fragments, tools: readonly ToolDefinition[] = []): { calls: readonly ToolCallPart[]; events: readonly ModelEvent[] } {
  const assembler = new ToolCallAssembler(defaultLimits, tools)
  const events: ModelEvent[] = []
  for (const delta of deltas) assembler.add(delta, events)
  return { calls: assembler.finish(), events }
}

const callLists = fc
  .array(fc.record({ name: fc.constantFrom('get_weather', 'add', 'find'), input: fc.json({ maxDepth: 2 }).map((json) => JSON.stringify({ value: json })) }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((list) => list.map((call, index): Call => ({ ...call, id: `call_${index}_x` })))

test.each(Object.entries(shapes))('%s: any calls come out byte for byte, in order, and as they were shown', (_name, shape) => {
  fc.assert(
    fc.property(callLists, fc.array(fc.nat(200), { maxLength: 6 }), (calls, places) => {
      const { calls: found, events } = assemble(shape(calls, places))
      expect(found.map(({ toolCallId, toolName, inputText }) => [toolCallId, toolName, inputText])).toEqual(
        calls.map(({ id, name, input }) => [id, name, input]),
      )
      const shown = calls.map((_, position) =>
        events.flatMap((event) => (event.type === 'tool-call-delta' && event.index === position ? [event.delta] : [])).join(''),
      )
      expect(shown).toEqual(calls.map(({ input }) => input))
    }),
    { numRuns: 100 },
  )
})

const tools = [{ name: 'get_weather', description: 'W.', inputSchema: { type: 'object' } }]
const named = (...names: readonly string[]): Fragments => names.map((name) => [{ index: 0, id: 'a', function: { name, arguments: '' } }])

test.each<readonly [string, Fragments, string]>([
  ['a name that is split is joined where that makes one that was offered', named('get_', 'weather'), 'get_weather'],
  ['a name that is repeated is not joined', named('get_weather', 'get_weather'), 'get_weather'],
  ['pieces that make no name stay the first one', named('get_', 'time'), 'get_'],
])('%s', (_name, deltas, expected) => {
  expect(assemble(deltas, tools).calls.map(({ toolName }) => toolName)).toEqual([expected])
})

test.each<readonly [string, Json, string]>([
  ['an object', { a: 1 }, '{"a":1}'],
  ['nothing', '', '{}'],
  ['null', null, '{}'],
  ['JSON in a string', '"{}"', '"{}"'],
  ['text behind the end', '{"a":1} ok', '{"a":1} ok'],
])('arguments that are %s are kept as they are, or written as JSON', (_name, input, expected) => {
  expect(assemble([[{ index: 0, id: 'a', function: { name: 'f', arguments: input } }]]).calls[0]?.inputText).toBe(expected)
})
