import { setImmediate } from 'node:timers'
import { Agent, type Json, type JsonObject } from '@capstan/core'
import { expect, test } from 'vitest'
import { callingModel } from '../testing/calling-model.ts'
import { tool } from '../tool.ts'

const kilobytes = 950
const listOf = (make: (index: number) => Json): Json => {
  const item = JSON.stringify(make(1_000)).length + 1
  return { list: Array.from({ length: Math.floor((kilobytes * 1_000) / item) }, (_, index) => make(index)) }
}
const list = (items: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties: { list: { type: 'array', items, ...more } } })
const node = { $ref: '#/$defs/node' }

/** Turns: at least one for 10,000 units of work, which is one for each value, each time that an input is gone through. */
const cases: readonly (readonly [name: string, schema: JsonObject, value: Json, turns: number])[] = [
  ['numbers', list({ type: 'number' }), listOf((index) => index), 50],
  ['decimals', list({ type: 'number' }), listOf((index) => index + 0.1234567890123), 20],
  ['objects', list({ type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] }), listOf((id) => ({ id, name: 'a' })), 30],
  ['strings with a pattern', list({ type: 'string', pattern: '^[a-z0-9 ]+$' }), listOf((index) => `word ${index}`), 100],
  ['objects that must differ', list({ type: 'object' }, { uniqueItems: true }), listOf((id) => ({ id })), 30],
  ['one object of many names', { type: 'object' }, Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`key${index}`, index])), 12],
  [
    'recursive references',
    {
      ...list(node),
      $defs: { node: { anyOf: [{ type: 'integer' }, { type: 'object', properties: { a: node } }, { type: 'object', properties: { b: node } }] } },
    },
    listOf((index) => ({ a: { b: { a: index } } })),
    60,
  ],
]

test.each(cases)('an input of a megabyte leaves the event loop its turns: %s', async (_name, inputSchema, value, least) => {
  let turns = 0
  let isDone = false
  const tick = (): void => {
    turns++
    if (!isDone) setImmediate(tick)
  }
  const taker = tool({ name: 'take', description: 'Takes it.', inputSchema, execute: () => 'taken' })
  const agent = new Agent({ model: callingModel('take', JSON.stringify(value)), tools: [taker] })
  setImmediate(tick)
  const { steps } = await agent.generate('Go.')
  isDone = true
  expect(steps[0]?.toolResults[0]).toMatchObject({ status: 'ok', text: 'taken' })
  expect(turns).toBeGreaterThanOrEqual(least)
})
