import { expect, test } from 'vitest'
import type { HistoryRules } from './history-rules.ts'
import { type EditFacts, planEdit, roomOf, summaryThreshold } from './plan-edit.ts'

const rules: HistoryRules = { clear: 'rule', keepSteps: 5, summary: { maxOutputTokens: 16_000 } }
const room = { window: 100_000, reserve: 10_000 }
/** Nothing is due. */
const facts: EditFacts = {
  rules,
  room,
  size: 50_000,
  steps: 20,
  clearable: 8_000,
  kept: 4_000,
  rent: 0,
  priceRatio: 10,
  requestsLeft: 100,
  maySummarise: true,
  isCold: false,
}

test('the room is that of the smallest window, and a quarter of it at most is kept for the reply', () => {
  expect(roomOf([{ contextWindow: 1_000_000, maxOutputTokens: 384_000 }])).toEqual({ window: 1_000_000, reserve: 250_000 })
  expect(roomOf([{ contextWindow: 256_000 }, { contextWindow: 128_000, maxOutputTokens: 8_000 }])).toEqual({ window: 128_000, reserve: 16_000 })
  expect(roomOf([{}])).toEqual({ window: Number.POSITIVE_INFINITY, reserve: 16_000 })
})

test('steps are summarised at 150,000 tokens, or before a smaller window is full', () => {
  expect(summaryThreshold(rules, { window: 1_000_000, reserve: 250_000 })).toBe(150_000)
  expect(summaryThreshold(rules, room)).toBe(75_000)
  expect(summaryThreshold(rules, { window: Number.POSITIVE_INFINITY, reserve: 16_000 })).toBe(150_000)
  expect(summaryThreshold({ ...rules, summariseAt: 300_000 }, room)).toBe(300_000)
  expect(summaryThreshold({ ...rules, summariseAt: false }, room)).toBe(Number.POSITIVE_INFINITY)
})

test.each<[string, Partial<EditFacts>, ReturnType<typeof planEdit>]>([
  ['nothing is due', {}, undefined],
  ['it pays', { rent: 36_000 }, { how: 'clear', reason: 'rule' }],
  ['the cache has expired', { isCold: true }, { how: 'clear', reason: 'cold' }],
  ['the cache has expired and nothing can be cleared', { isCold: true, clearable: 0 }, undefined],
  ['only the window may clear', { isCold: true, rent: 1e9, rules: { ...rules, clear: 'window' } }, undefined],
  ['nothing may clear', { isCold: true, rent: 1e9, rules: { ...rules, clear: false } }, undefined],
  ['the threshold is reached', { size: 75_000, rent: 1e9 }, { how: 'summary', reason: 'size' }],
  ['the threshold is reached shortly after a summary', { size: 75_000, maySummarise: false, rent: 1e9 }, { how: 'clear', reason: 'rule' }],
  ['the threshold is reached by steps that stay', { size: 75_000, steps: 5 }, undefined],
  ['clearing is enough at the threshold', { size: 75_000, clearable: 30_000, rules: { ...rules, clear: 'window' } }, { how: 'clear', reason: 'window' }],
  ['clearing is not enough at the threshold', { size: 75_000, rules: { ...rules, clear: 'window' } }, { how: 'summary', reason: 'size' }],
  ['clearing makes it fit the window', { size: 95_000 }, { how: 'clear', reason: 'window' }],
  ['clearing does not make it fit the window', { size: 99_000 }, { how: 'ledger', reason: 'window' }],
  ['nothing may clear and the window is full', { size: 95_000, rules: { ...rules, clear: false } }, { how: 'ledger', reason: 'window' }],
  ['one step fills the window', { size: 99_000, steps: 1, clearable: 0 }, undefined],
])('where %s, the plan is made', (_, changed, plan) => {
  expect(planEdit({ ...facts, ...changed })).toEqual(plan)
})
