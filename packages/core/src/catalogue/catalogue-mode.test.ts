import { expect, test } from 'vitest'
import type { ToolDefinition } from '../contract/model.ts'
import { catalogueMode, listLimits } from './catalogue-mode.ts'

const make = (count: number, characters = 60): readonly ToolDefinition[] =>
  Array.from({ length: count }, (_, index) => {
    const tool = { name: `tool_${String(index).padStart(3, '0')}`, description: '', inputSchema: { type: 'object' } }
    return { ...tool, description: 'd'.repeat(characters - Math.min(characters, JSON.stringify(tool).length)) }
  })

test('a list of up to 64 tools goes out as it is, one of 65 through a search', () => {
  expect(make(listLimits.tools)).toHaveLength(64)
  expect(catalogueMode(make(64))).toBe('list')
  expect(catalogueMode(make(65))).toBe('search')
})

test('a list of up to 12,000 tokens goes out as it is, one of more through a search', () => {
  // Three characters of JSON count as a token.
  expect(catalogueMode(make(1, 36_000))).toBe('list')
  expect(catalogueMode(make(1, 36_001))).toBe('search')
  expect(catalogueMode(make(60, 600))).toBe('list')
  expect(catalogueMode(make(60, 601))).toBe('search')
})

test('the option decides, except that a catalogue without tools needs no search', () => {
  expect(catalogueMode(make(1), 'always')).toBe('search')
  expect(catalogueMode(make(5_000), 'never')).toBe('list')
  expect(catalogueMode([], 'always')).toBe('list')
})

test('only what is sent of a tool is counted', () => {
  const tools = make(1, 36_000).map((tool) => ({ ...tool, effect: 'read', needsApproval: false }))

  expect(catalogueMode(tools, 'auto')).toBe('list')
})
